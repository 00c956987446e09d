-- In the words of a shopkeeper. {name} stands for a value, {name:sql} and {name:sh} for it as a literal of that language.
create function zap.codes_in_portuguese()
returns table (code text, meaning text, remedy text)
language sql immutable
set search_path = pg_catalog, pg_temp
begin atomic
    select
        v.code,
        v.meaning,
        v.remedy
    from (
        values
        (
            'captured',
            'O banco avisou do pedido quando ele foi gravado.',
            null
        ),
        (
            'swept',
            'A varredura achou o pedido, que a captura não tinha avisado.',
            null
        ),
        (
            'missed_drained',
            'Não coube na fila na hora e entrou nela depois.',
            null
        ),
        (
            'coalesced',
            'Outra mensagem já fala por esta.',
            null
        ),
        (
            'superseded',
            'Um evento mais novo do pedido tomou o lugar desta mensagem.',
            null
        ),
        (
            'settling',
            'O pedido ainda está mudando; a mensagem espera ele ficar quieto.',
            null
        ),
        (
            'not_ready',
            'A condição ready_when de {source} ainda não vale para este pedido.',
            'select ready_when from zap.source where id = {source_id};  -- complete o pedido, ou mude a condição'
        ),
        (
            'order_gone',
            'O pedido não está mais na tabela: foi apagado, ou a consulta de contexto não o devolve.',
            'select context_query from zap.source where id = {source_id};  -- ela deve devolver o pedido {subject}'
        ),
        (
            'no_context_query',
            '{source} não tem consulta de contexto: ninguém disse de onde vêm telefone e nome.',
            'update zap.source set context_query = zap.propose({source:sql}) where id = {source_id};  -- e então: zapgres setup'
        ),
        (
            'context_error',
            'A consulta de contexto de {source} dá erro.',
            'update zap.source set context_query = zap.propose({source:sql}) where id = {source_id};  -- olha as tabelas de novo; ou escreva a sua'
        ),
        (
            'too_old',
            'O pedido é mais velho do que max_age de {source}: pedidos antigos não são avisados.',
            'update zap.source set max_age = ''48 hours'' where id = {source_id};  -- e então: zapgres queue retry {id}'
        ),
        (
            'tenant_gone',
            'A empresa do pedido não está em zap.tenant.',
            'zapgres tenant set ID  # o id dela nas suas tabelas'
        ),
        (
            'tenant_disabled',
            'A empresa {tenant} está desligada.',
            'zapgres tenant enable {tenant:sh}  # e então: zapgres queue retry {id}'
        ),
        (
            'no_phone',
            'O pedido não tem telefone.',
            'Grave o telefone no pedido {subject} (se é a loja que recebe: zapgres tenant set {tenant:sh} --phone NUMERO), e então: zapgres queue retry {id}'
        ),
        (
            'invalid_phone',
            'O telefone do pedido não é um número de WhatsApp possível.',
            'Corrija o telefone do pedido {subject}, e então: zapgres queue retry {id}'
        ),
        (
            'template_error',
            'O texto da mensagem não pôde ser montado a partir do modelo.',
            'select id, tenant_id, version, body from zap.template where event = {event:sql} and active;  -- corrija o modelo; a mensagem sai sozinha'
        ),
        (
            'write_error',
            'O banco recusou guardar a mensagem pronta.',
            'Veja o erro acima e o log do daemon: journalctl -u zapgres'
        ),
        (
            'no_audience',
            'Ninguém está inscrito para este evento: o cliente foi tirado e não há outro público ligado.',
            'select zap.tell({source:sql}, ''customer'');'
        ),
        (
            'told',
            'O mesmo evento é avisado também a outro público.',
            null
        ),
        (
            'resolved',
            'Mensagem pronta para {recipient}, pelo canal {channel} (modelo {template}).',
            null
        ),
        (
            'no_channel',
            'Nenhum canal da empresa {tenant} pode ser usado.',
            'zapgres channel list  # ligue um canal, ou: zapgres channel add NOME --tenant {tenant:sh} --provider … --url … --instance … --credential …'
        ),
        (
            'source_off',
            'A captura de {source} está desligada (mode = off).',
            '{live}  # e então: zapgres queue retry {id}'
        ),
        (
            'mode_off',
            'O envio está desligado por uma configuração (mode = off), geral, da empresa ou do evento.',
            '{live}  # e então: zapgres queue retry {id}'
        ),
        (
            'shadow',
            'Modo de observação (shadow): tudo foi feito, menos enviar a {recipient}.',
            '{live}  # só se é para enviar; e então: zapgres queue retry {id}'
        ),
        (
            'opted_out',
            'O cliente pediu para não receber mensagens ({recipient}).',
            'update zap.recipient set opted_out_at = null where tenant_id = {tenant:sql} and address = (select n.recipient from '
            'zap.notification_queue as n where n.id = {id});  -- só se o cliente pedir; e então: zapgres queue retry {id}'
        ),
        (
            'expired',
            'Venceu antes de poder ser enviada.',
            'zapgres queue retry {id}  # prazo: update zap.source set expires_after = ''12 hours'' where id = {source_id};'
        ),
        (
            'canceled',
            'Foi cancelada por uma pessoa.',
            'zapgres queue retry {id}'
        ),
        (
            'retried',
            'Foi retomada por uma pessoa.',
            null
        ),
        (
            'resent',
            'Foi mandada enviar de novo por uma pessoa.',
            null
        ),
        (
            'sent',
            'O provedor aceitou a mensagem.',
            null
        ),
        (
            'delivered',
            'Chegou no celular.',
            null
        ),
        (
            'read',
            'Foi lida.',
            null
        ),
        (
            'retrying',
            'Uma tentativa falhou; será repetida.',
            null
        ),
        (
            'failed',
            'Desistiu: não foi entregue.',
            'zapgres queue retry {id}'
        ),
        (
            'uncertain',
            'O provedor não respondeu: a mensagem pode ter saído, ou não.',
            null
        ),
        (
            'repeated',
            'Enviada de novo depois de uma tentativa sem resposta: pode ser repetida.',
            null
        ),
        (
            'reconciled',
            'O provedor confirmou que já tinha a mensagem.',
            null
        ),
        (
            'fallback',
            'Passou para outro canal da empresa, porque o primeiro não funciona.',
            null
        ),
        (
            'held',
            'Parada depois de um envio sem resposta: uma pessoa decide.',
            'zapgres queue retry {id}  # ou: zapgres queue cancel {id}'
        ),
        (
            'transient',
            'Falha passageira do provedor.',
            'zapgres queue retry {id}'
        ),
        (
            'throttled',
            'O provedor mandou ir mais devagar.',
            'update zap.channel set rate_per_minute = 20 where name = {channel:sql};'
        ),
        (
            'recipient_invalid',
            'Este número não está no WhatsApp.',
            'Corrija o telefone do pedido {subject}, e então: zapgres queue retry {id}'
        ),
        (
            'window_closed',
            'O WhatsApp só aceita texto livre em até 24 horas da última mensagem do cliente.',
            'insert into zap.provider_template (event, name, language) values ({event:sql}, ''nome_aprovado'', ''pt_BR'');  -- e então: zapgres '
            'queue retry {id}'
        ),
        (
            'channel_auth',
            'O acesso do canal {channel} está errado: chave, instância ou endereço.',
            'zapgres channel test {channel:sh}  # corrija a chave onde zap.channel.credential diz que ela está'
        ),
        (
            'channel_down',
            'O canal {channel} não funciona: o provedor não responde ou o celular está desconectado.',
            'zapgres channel connect {channel:sh}'
        ),
        (
            'rejected',
            'O provedor recusou esta mensagem.',
            'Veja o erro acima; corrigida a causa: zapgres queue retry {id}'
        ),
        (
            'source_error',
            'O banco não deu o que a mensagem precisa.',
            'zapgres setup'
        ),
        (
            'waiting',
            'Está na vez de ser enviada pelo canal {channel}.',
            null
        ),
        (
            'due_later',
            'Será enviada a partir de {until}.',
            null
        ),
        (
            'not_looked_at',
            'Capturada há pouco; o daemon vai olhar o pedido agora.',
            null
        ),
        (
            'in_flight',
            'Está sendo enviada agora; o provedor ainda não respondeu.',
            null
        ),
        (
            'no_daemon',
            'Nenhum daemon está trabalhando neste banco.',
            'systemctl enable --now zapgres  # ou, num terminal: zapgres run'
        ),
        (
            'not_adopted',
            'Este banco é uma cópia de outro servidor e não envia nada.',
            'zapgres adopt  # só se o original não envia mais'
        ),
        (
            'sending_off',
            'O envio está desligado (sending.enabled = false).',
            'zapgres setting reset sending.enabled; zapgres setting reset sending.enabled --tenant {tenant:sh}'
        ),
        (
            'tenant_paused',
            'A empresa {tenant} está pausada.',
            'zapgres tenant resume {tenant:sh}'
        ),
        (
            'channel_paused',
            'O canal {channel} está pausado.',
            'zapgres channel resume {channel:sh}'
        ),
        (
            'channel_disabled',
            'O canal {channel} está desligado.',
            'update zap.channel set enabled = true where name = {channel:sql};'
        ),
        (
            'source_paused',
            '{source} está pausada.',
            'zapgres source resume {source:sh}'
        ),
        (
            'breaker_open',
            'O canal {channel} não funciona e descansa; é tentado de novo às {until}.',
            'zapgres channel test {channel:sh}  # celular desconectado: zapgres channel connect {channel:sh}'
        ),
        (
            'disconnected',
            'O celular do canal {channel} não está conectado.',
            'zapgres channel connect {channel:sh}'
        ),
        (
            'channel_locked',
            'Uma sessão está com uma transação aberta que impede o uso do canal {channel}.',
            'select pg_terminate_backend(l.pid) from zap.locks_of_channel({channel:sql}) as l;  -- encerra a sessão: o que ela não gravou se desfaz'
        ),
        (
            'channel_cap',
            'O canal {channel} já enviou o que pode hoje; continua amanhã.',
            'update zap.channel set daily_cap = 2 * daily_cap, warm_up_from = null, warm_up_days = null where name = {channel:sql};'
        ),
        (
            'no_lease',
            'Nenhum daemon vivo cuida do canal {channel}.',
            'systemctl restart zapgres  # o que ele diz: journalctl -u zapgres; quem está ativo: zapgres daemon list'
        ),
        (
            'daily_cap',
            'A empresa {tenant} já enviou o que pode hoje.',
            'zapgres tenant set {tenant:sh} --daily-cap 0'
        ),
        (
            'monthly_cap',
            'A empresa {tenant} já enviou o que pode neste mês.',
            'zapgres tenant set {tenant:sh} --monthly-cap 0'
        ),
        (
            'quiet_hours',
            'É hora de silêncio deste cliente; sai quando ela acabar.',
            null
        ),
        (
            'outside_hours',
            'A empresa {tenant} está fechada; sai na próxima abertura.',
            null
        ),
        (
            'no_source',
            'Nenhuma tabela está ligada ao Zapgres.',
            'select zap.attach(''tabela_de_itens'');  -- antes, para olhar: zapgres attach tabela_de_itens --dry-run'
        ),
        (
            'order_unknown',
            'Não existe o pedido {subject} nas tabelas ligadas ({source}). Vale o id do pedido, não o número dele.',
            'select relation, key_columns, order_relation from zap.source;'
        ),
        (
            'source_unreadable',
            'As tabelas de {source} não puderam ser lidas.',
            'zapgres setup  # dá os direitos de ler; para perguntar por SQL: grant select on {source} to {user};'
        ),
        (
            'no_items',
            'O pedido {subject} ainda não tem itens em {source}: o aviso sai com o primeiro item.',
            null
        ),
        (
            'detached',
            '{source} foi desligada do Zapgres.',
            'select {attach};'
        ),
        (
            'trigger_missing',
            'O gatilho de {source} não está mais na tabela.',
            'select {maker}(s) from zap.source as s where s.id = {source_id};'
        ),
        (
            'trigger_disabled',
            'O gatilho de {source} está desabilitado.',
            'alter table {source} enable trigger {trigger};'
        ),
        (
            'silenced',
            'A transação do pedido rodou com zap.enabled = off: quem gravou não quis avisar.',
            'Tire zap.enabled = off do programa que grava; este pedido não será avisado.'
        ),
        (
            'capture_off',
            'zap.enabled = off está configurado neste banco ou usuário ({setting}): nada é capturado.',
            'select setdatabase::regclass, setrole::regrole, setconfig from pg_db_role_setting;  -- alter database … reset zap.enabled; ou alter '
            'role … reset zap.enabled;'
        ),
        (
            'before_attach',
            'O pedido é de antes de {source} ser ligada ({since}): pedidos que já existiam não são avisados.',
            null
        ),
        (
            'forgotten',
            'O pedido é antigo: o que houve com ele já saiu do histórico da fila.',
            null
        ),
        (
            'missed',
            'Não coube na fila na hora ({reason}) e espera o daemon.',
            'systemctl enable --now zapgres  # o daemon recolhe sozinho; veja: select * from zap.missed;'
        ),
        (
            'not_announced',
            'O pedido existe e não foi capturado; nada mostra por quê.',
            'zapgres sweep  # acha pedidos recentes que a captura perdeu'
        ),
        (
            'no_such_event',
            '{source} só avisa mudanças de agora em diante, e este pedido não mudou desde então.',
            null
        ),
        (
            'paused',
            'Uma pessoa pausou o envio.',
            null
        ),
        (
            'resumed',
            'Uma pessoa retomou o envio.',
            null
        ),
        (
            'channel_removed',
            'Uma pessoa tirou o canal.',
            null
        ),
        (
            'setting',
            'Uma pessoa mudou uma configuração.',
            null
        ),
        (
            'tenant',
            'Uma pessoa mudou o cadastro de uma empresa.',
            null
        ),
        (
            'enabled',
            'Uma pessoa ligou uma empresa.',
            null
        ),
        (
            'disabled',
            'Uma pessoa desligou uma empresa.',
            null
        ),
        (
            'connection',
            'A conexão do canal mudou.',
            null
        )
    ) as v (code, meaning, remedy);
end;
comment on function zap.codes_in_portuguese() is 'What each decision code means and what mends it, in Brazilian Portuguese';
revoke all on function zap.codes_in_portuguese() from public;
