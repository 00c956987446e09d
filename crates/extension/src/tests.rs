//! What one transaction can show; what needs a COMMIT is in the out-of-process tests.
#[pgrx::pg_schema]
mod tests {
    use pgrx::prelude::*;

    const SHOP: &str = "
        create table pedidos (
            id bigint generated always as identity primary key, nome text, telefone text, total numeric(12, 2),
            created_at timestamptz not null default now()
        );
        create table pedido_itens (
            id bigint generated always as identity primary key,
            pedido_id bigint references pedidos (id), produto text, quantidade integer, preco numeric(12, 2)
        );
        create index on pedido_itens (pedido_id);
        create index on pedidos (created_at);
        insert into pedidos (nome, telefone, total) values ('Ana', '11987654321', 30), ('Bia', '11912345678', 12.5);";

    fn shop() {
        Spi::run(SHOP).expect("the tables are made");
        Spi::run("select zap.attach('pedido_itens')").expect("attaches");
    }

    fn run(statement: &str) {
        Spi::run(statement).expect(statement);
    }

    fn flush() -> i32 {
        Spi::get_one("select zap.flush()")
            .expect("flushes")
            .expect("is a number")
    }

    fn text(query: &str) -> String {
        Spi::get_one(query)
            .expect(query)
            .unwrap_or_else(|| "null".to_owned())
    }

    fn subjects() -> String {
        text(
            "select coalesce(string_agg(subject, ',' order by id), '') from zap.notification_queue",
        )
    }

    /// O3: many rows in one statement.
    #[pg_test]
    fn a_multi_row_insert_announces_its_order_once() {
        shop();
        run(
            "insert into pedido_itens (pedido_id, produto) values (1, 'Pizza'), (1, 'Suco'), (2, 'Bolo')",
        );
        assert_eq!(subjects(), "");
        assert_eq!(flush(), 2);
        assert_eq!(subjects(), "1,2");
    }

    #[pg_test]
    fn further_items_after_a_flush_announce_nothing() {
        shop();
        run("insert into pedido_itens (pedido_id, produto) values (1, 'Pizza')");
        assert_eq!(flush(), 1);
        run("insert into pedido_itens (pedido_id, produto) values (1, 'Suco')");
        assert_eq!(flush(), 0);
        assert_eq!(subjects(), "1");
    }

    /// O3: savepoints rolled back.
    #[pg_test]
    fn an_exception_block_takes_its_items_along() {
        shop();
        run("do $$ begin
                begin
                    insert into pedido_itens (pedido_id, produto) values (1, 'Pizza');
                    raise exception 'changed my mind';
                exception when raise_exception then null;
                end;
                insert into pedido_itens (pedido_id, produto) values (2, 'Bolo');
             end $$");
        assert_eq!(flush(), 1);
        assert_eq!(subjects(), "2");
    }

    #[pg_test]
    fn a_row_without_an_order_is_ignored() {
        shop();
        run("insert into pedido_itens (pedido_id, produto) values (null, 'Pizza')");
        assert_eq!(flush(), 0);
    }

    #[pg_test]
    fn nothing_is_captured_while_disabled_but_a_gap_is_noted() {
        shop();
        run("set local zap.enabled = off");
        run("insert into pedido_itens (pedido_id, produto) values (1, 'Pizza'), (2, 'Bolo')");
        assert_eq!(flush(), 0);
        assert_eq!(subjects(), "");
        assert_eq!(text("select count(*)::text from zap.capture_gap"), "1");
    }

    /// The message of the plain shape needs nothing but the table's name.
    #[pg_test]
    fn the_context_of_the_plain_shape_is_derived() {
        shop();
        run(
            "insert into pedido_itens (pedido_id, produto, quantidade, preco) values (1, 'Pizza', 2, 15)",
        );
        let statement = text("select zap.context_statement(id) from zap.source");
        let context = text(&format!(
            "select concat_ws(' ', q.recipient, i ->> 'name', i ->> 'price', i ->> 'quantity', q.context -> 'order' ->> 'total') \
             from ({}) as q, jsonb_array_elements(q.context -> 'items') as i",
            statement.replace("$1", "'{1}'::text[]")
        ));
        assert_eq!(context, "11987654321 Pizza 15.00 2 30.00");
    }

    #[pg_test]
    fn ready_when_sees_the_columns_of_the_order() {
        run(SHOP);
        run("insert into pedido_itens (pedido_id, produto) values (1, 'Pizza'), (2, 'Bolo')");
        run(
            "select zap.attach('pedido_itens', ready_when => $$total > 20 and c.recipient is not null$$)",
        );
        let statement = text("select zap.context_statement(id) from zap.source");
        let ready = text(&format!(
            "select string_agg(q.subject || q.ready, ',' order by q.subject) from ({}) as q",
            statement.replace("$1", "'{1,2}'::text[]")
        ));
        assert_eq!(ready, "1true,2false");
    }

    /// "character" without a length means one character.
    #[pg_test]
    fn a_padded_key_is_compared_whole_and_captured_without_padding() {
        run("create table pedidos (id char(36) primary key, telefone text)");
        run("create table itens (id bigint primary key, pedido_id char(36) references pedidos)");
        run("insert into pedidos values ('abc')");
        run("select zap.attach('itens')");
        assert_eq!(text("select key_types::text from zap.source"), "{bpchar}");
        run("insert into itens values (1, 'abc')");
        assert_eq!(flush(), 1);
        assert_eq!(subjects(), "abc");
        let statement = text("select zap.context_statement(id) from zap.source");
        let found = format!(
            "select count(*)::text from ({}) as q",
            statement.replace("$1", "'{abc}'::text[]")
        );
        assert_eq!(text(&found), "1");
    }

    #[pg_test]
    fn a_transaction_that_turned_read_only_is_still_captured() {
        shop();
        run("insert into pedido_itens (pedido_id, produto) values (1, 'Pizza')");
        run("set transaction read only");
        assert_eq!(flush(), 1);
        assert_eq!(text("show transaction_read_only"), "on");
        assert_eq!(subjects(), "1");
    }

    /// Whoever attaches may be a superuser; the tables' owner must not get to run code as one.
    #[pg_test]
    fn attaching_runs_nothing_of_the_owner_with_the_rights_of_who_attaches() {
        run("create role mallory");
        run("create schema m authorization mallory");
        run("set local role mallory");
        run("create function m.steal() returns void language plpgsql as $$ begin
                if (select rolsuper from pg_roles where rolname = current_user) then alter role mallory superuser; end if;
             end $$");
        run(
            "create function m.indexed(int) returns int immutable language plpgsql as $$ begin
                perform m.steal(); return $1; end $$",
        );
        run(
            "create function m.checked(bigint) returns bool immutable language plpgsql as $$ begin
                perform m.steal(); return true; end $$",
        );
        run("create domain m.number as bigint check (m.checked(value))");
        run("create table m.pedidos (id m.number primary key, telefone text, criado_em timestamp)");
        run("create index on m.pedidos ((telefone || m.indexed(1)))");
        run(
            "create table m.pedido_itens (id bigint primary key, pedido_id m.number references m.pedidos)",
        );
        run("create index on m.pedido_itens ((id + m.indexed(1)))");
        run("reset role");
        run("select zap.attach('m.pedido_itens')");
        assert_eq!(
            text("select rolsuper::text from pg_roles where rolname = 'mallory'"),
            "false"
        );
        assert_eq!(text("select relation from zap.source"), "m.pedido_itens");
    }

    #[pg_test]
    fn the_owner_of_a_partitioned_table_can_go_on_adding_partitions() {
        run("create role shopkeeper");
        run("create schema s authorization shopkeeper");
        run("set local role shopkeeper");
        run("create table s.pedidos (id bigint primary key, telefone text)");
        run(
            "create table s.itens (pedido_id bigint references s.pedidos, dia date) partition by range (dia)",
        );
        run("create index on s.itens (pedido_id)");
        run("reset role");
        run("select zap.attach('s.itens')");
        run("set local role shopkeeper");
        run(
            "create table s.itens_1 partition of s.itens for values from ('2026-01-01') to ('2026-02-01')",
        );
        run("create table s.itens_2 (dia date, pedido_id bigint)");
        run(
            "alter table s.itens attach partition s.itens_2 for values from ('2026-02-01') to ('2026-03-01')",
        );
        run("insert into s.pedidos values (1, '11987654321'), (2, '11987654321')");
        run("insert into s.itens values (1, '2026-01-05')");
        run("insert into s.itens_2 (dia, pedido_id) values ('2026-02-05', 2)");
        run("reset role");
        assert_eq!(flush(), 2);
        assert_eq!(subjects(), "1,2");
    }

    /// The names of the install script are looked up where nobody else may put functions.
    #[pg_test]
    fn the_extension_belongs_to_no_schema_that_others_write_to() {
        let schema =
            "select extnamespace::regnamespace::text from pg_extension where extname = 'zapgres'";
        assert_eq!(text(schema), "pg_catalog");
    }

    #[pg_test(error = "zap.attach: public.pedido_itens is attached already")]
    fn attaching_twice_is_refused() {
        shop();
        run("select zap.attach('pedido_itens')");
    }

    #[pg_test(error = "zap.attach: ready_when cannot be used: column \"pago\" does not exist")]
    fn a_condition_that_cannot_run_is_refused() {
        run(SHOP);
        run("select zap.attach('pedido_itens', ready_when => 'pago')");
    }

    #[pg_test(
        error = "zap.attach: cannot tell which column of public.itens names the order: 0 foreign key(s) could be it"
    )]
    fn a_table_without_a_foreign_key_asks_for_the_key_column() {
        run("create table itens (id bigint primary key, produto text)");
        run("select zap.attach('itens')");
    }

    /// O1: `\d+` is the documentation.
    #[pg_test]
    fn every_table_and_column_of_the_schema_is_described() {
        let undescribed = text(
            "select string_agg(c.relname || '.' || coalesce(a.attname, '*'), ', ')
             from pg_class as c
             left join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
             where c.relnamespace = 'zap'::regnamespace and c.relkind = 'r'
               and (col_description(c.oid, a.attnum) is null or obj_description(c.oid, 'pg_class') is null)",
        );
        assert_eq!(undescribed, "null");
    }

    #[pg_test]
    fn only_what_a_new_partition_needs_is_open_to_everybody() {
        let open = text(
            "select string_agg(p.proname, ', ' order by p.proname) from pg_proc as p
             where p.pronamespace = 'zap'::regnamespace and has_function_privilege('public', p.oid, 'execute')",
        );
        assert_eq!(
            open,
            "capture_insert, capture_status, send_whatsapp_notification_after_items"
        );
        assert_eq!(
            text("select has_schema_privilege('public', 'zap', 'usage')::text"),
            "false"
        );
    }
}
