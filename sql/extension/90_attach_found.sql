-- Attaches the one table named pedido_itens. Whatever is in the way is told, and never stops CREATE EXTENSION.
-- CREATE EXTENSION hides notices, but these are for whoever typed it.
set local client_min_messages = notice;
do $$
declare
    candidates regclass[];
    problem text;
    hint text;
begin
    select coalesce(array_agg(c.oid::regclass order by c.oid), '{}') into candidates
    from pg_catalog.pg_class as c
    where c.relname = 'pedido_itens' and c.relkind in ('r', 'p') and not c.relispartition and c.relpersistence <> 't';
    if cardinality(candidates) = 1 then
        perform zap.attach(candidates[1]);
    elsif cardinality(candidates) = 0 then
        raise notice 'zapgres: there is no table pedido_itens; name yours: select zap.attach(''your_items_table'');';
    else
        raise notice 'zapgres: there are several tables pedido_itens (%); choose one: select zap.attach(''%'');',
            array_to_string(candidates, ', '), candidates[1];
    end if;
exception
    when others then
        get stacked diagnostics problem = message_text, hint = pg_exception_hint;
        raise notice 'zapgres: pedido_itens is not attached: %; when that is mended: select zap.attach(''%''); %',
            problem, candidates[1], hint;
end
$$;
