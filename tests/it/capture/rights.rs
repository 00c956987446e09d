//! Roles: what the application needs, and what the owner of a table can not gain.

use crate::captured::queued;
use crate::cluster::plain;
use crate::shop::{self, item, order};

const NOTHING: [&str; 0] = [];

/// O2: a role that may insert items and nothing else.
#[tokio::test]
async fn a_role_that_may_only_insert_items_announces() {
    let (database, admin) = shop::open(plain()).await;
    admin
        .run(
            "create role clerk login;
             grant insert on pedido_itens to clerk;
             grant usage on sequence pedido_itens_id_seq to clerk",
        )
        .await;
    admin.run(&order(1)).await;
    let clerk = database.session_as("clerk").await;
    clerk.run(&item(1)).await;
    assert_eq!(clerk.warnings().await, NOTHING);
    assert_eq!(queued(&admin).await, ["1"]);
    let refused = clerk
        .error("select subject from zap.notification_queue")
        .await;
    assert_eq!(refused.code().code(), "42501");
    clerk.run(&item(1)).await;
    assert_eq!(queued(&admin).await, ["1"]);
}

/// O2: switched off by that role: the gap is written too.
#[tokio::test]
async fn a_role_that_may_only_insert_items_leaves_a_gap() {
    let (database, admin) = shop::open(plain()).await;
    admin
        .run(
            "create role importer login;
             grant insert on pedido_itens to importer;
             grant usage on sequence pedido_itens_id_seq to importer",
        )
        .await;
    admin.run(&order(1)).await;
    let importer = database.session_as("importer").await;
    importer.run("set zap.enabled = off").await;
    importer.run(&item(1)).await;
    assert_eq!(crate::captured::gaps(&admin).await, 1);
}

/// O2: nothing that users call is open to everybody.
#[tokio::test]
async fn the_functions_are_not_for_everybody() {
    let (_, s) = shop::open(plain()).await;
    let open = "select p.oid::regprocedure from pg_proc as p
         where p.pronamespace = 'zap'::regnamespace and has_function_privilege('public', p.oid, 'execute')
             and p.prorettype <> 'trigger'::regtype";
    assert_eq!(s.column(open).await, NOTHING);
}

/// O2: reading as the owner may run the owner's code, which leaves nothing behind in the session.
#[tokio::test]
async fn what_the_owners_code_sets_does_not_stay() {
    let (database, admin) = shop::open(plain()).await;
    admin
        .run(
            "create role mallory;
             create schema m authorization mallory;
             set role mallory;
             create function m.leave_behind() returns void language plpgsql as $$ begin
                 perform set_config('search_path', 'm', false), set_config('zap.enabled', 'off', false);
             end $$;
             create function m.indexed(int) returns int immutable language plpgsql as $$ begin
                 perform m.leave_behind();
                 return $1;
             end $$;
             create table m.pedidos (id int primary key, telefone text);
             create table m.itens (dia int, pedido_id int references m.pedidos) partition by list (dia);
             create table m.itens_1 partition of m.itens for values in (1);
             create table m.itens_2 partition of m.itens for values in (2);
             create index on m.itens (pedido_id);
             create index on m.itens_2 ((pedido_id + m.indexed(1)));
             reset role;
             select zap.attach('m.itens');
             insert into m.pedidos values (1, '11987654321')",
        )
        .await;
    // A session that has not read the index yet.
    let session = database.session().await;
    session
        .run("insert into m.itens_1 (dia, pedido_id) values (1, 1)")
        .await;
    assert_eq!(session.warnings().await, NOTHING);
    let settings = "select current_setting('search_path') || ' ' || current_setting('zap.enabled')";
    assert_eq!(session.value(settings).await, "\"$user\", public on");
    assert_eq!(queued(&admin).await, ["1"]);
}

/// O2: row security of the table hides no item from the check.
#[tokio::test]
async fn row_security_does_not_make_old_orders_new() {
    let (database, admin) = shop::open(plain()).await;
    admin
        .run(
            "create role seller login;
             grant insert on pedido_itens to seller;
             grant usage on sequence pedido_itens_id_seq to seller",
        )
        .await;
    shop::place_long_ago(&admin, 1).await;
    admin
        .run(
            "alter table pedido_itens enable row level security;
             alter table pedido_itens force row level security;
             create policy insert_only on pedido_itens for insert with check (true);
             alter table pedido_itens owner to seller",
        )
        .await;
    let seller = database.session_as("seller").await;
    seller.run(&item(1)).await;
    assert_eq!(queued(&admin).await, NOTHING);
}

/// A function in the index of the table, which looks around when the transaction commits.
const HOSTILE_INDEX: &str = "
    grant usage, create on schema public to vendor;
    alter table pedido_itens owner to vendor;
    create function look_around() returns integer language plpgsql as $$
    declare
        restricted boolean := false;
    begin
        if coalesce(current_setting('test.phase', true), '') <> 'commit' then return 1; end if;
        begin
            execute 'create temporary table probe ()';
            execute 'drop table probe';
        exception when insufficient_privilege then
            restricted := true;
        end;
        begin
            execute 'alter role vendor superuser';
        exception when others then
            null;
        end;
        raise notice 'ran as % restricted %', current_user, restricted;
        return 1;
    end $$;
    create function hostile(integer) returns integer immutable language plpgsql as
        $$ begin return (select look_around()); end $$;
    create index hostile_index on pedido_itens (hostile(1), pedido_id)";

/// O2: code in an index expression runs as the table's owner, restricted, never as who inserts or as us.
#[tokio::test]
async fn a_hostile_index_expression_gains_nothing() {
    let (database, admin) = shop::open(plain()).await;
    admin.run("create role vendor login").await;
    admin.run(HOSTILE_INDEX).await;
    shop::place(&admin, 1).await;
    admin
        .run(&(shop::items(1, 200) + &order(2) + &order(3)))
        .await;
    let s = database.session().await;
    s.run("begin").await;
    // Two orders: for one alone the key's own index is read, without a plan that would look at the others.
    s.run(&(item(2) + &item(3))).await;
    // New statistics make the session forget the index: its expression is evaluated again when it is looked at
    // next, which is while the transaction commits.
    admin.run("analyze pedido_itens").await;
    s.run("set local test.phase = 'commit'").await;
    s.notices().await;
    s.run("commit").await;
    let notices = s.notices().await;
    let messages: Vec<_> = notices.iter().map(|notice| notice.message()).collect();
    assert!(
        !messages.is_empty(),
        "the expression has not been evaluated: nothing was tested"
    );
    assert!(
        messages
            .iter()
            .all(|said| *said == "ran as vendor restricted t"),
        "{messages:?}"
    );
    assert_eq!(
        admin
            .value("select rolsuper from pg_roles where rolname = 'vendor'")
            .await,
        "f"
    );
    assert_eq!(queued(&admin).await, ["1", "2", "3"]);
}

/// O2: objects of the same names earlier in the search path are not ours.
#[tokio::test]
async fn a_hostile_search_path_gains_nothing() {
    let (database, admin) = shop::open(plain()).await;
    admin
        .run(
            "create schema evil;
             create function evil.caught(bigint, bigint) returns boolean language plpgsql as
                 $$ begin raise exception 'evil'; end $$;
             create operator evil.= (leftarg = bigint, rightarg = bigint, function = evil.caught);
             create function evil.caught(text, text) returns boolean language plpgsql as
                 $$ begin raise exception 'evil'; end $$;
             create operator evil.= (leftarg = text, rightarg = text, function = evil.caught);
             create function evil.clock_timestamp() returns timestamptz language plpgsql as
                 $$ begin raise exception 'evil'; end $$;
             create function evil.unnest(anyarray) returns setof anyelement language plpgsql as
                 $$ begin raise exception 'evil'; end $$",
        )
        .await;
    admin.run(&order(1)).await;
    let s = database.session().await;
    s.run("set search_path = evil, pg_catalog, public").await;
    s.run(&item(1)).await;
    assert_eq!(s.warnings().await, NOTHING);
    s.run("begin; set local zap.enabled = off").await;
    s.run(&item(1)).await;
    s.run("commit").await;
    assert_eq!(s.warnings().await, NOTHING);
    assert_eq!(queued(&admin).await, ["1"]);
}

/// O2: the user's own settings and role are as they were after the flush.
#[tokio::test]
async fn the_session_is_left_as_it_was() {
    let (database, admin) = shop::open(plain()).await;
    admin
        .run(
            "create role waiter login;
             grant insert, select on pedido_itens, pedidos to waiter;
             grant usage on sequence pedido_itens_id_seq to waiter",
        )
        .await;
    admin.run(&order(1)).await;
    let waiter = database.session_as("waiter").await;
    waiter
        .run("set lock_timeout = '3s'; set search_path = pg_catalog, public")
        .await;
    waiter.run("begin").await;
    waiter.run(&item(1)).await;
    let state = "select concat_ws(' ', current_user, session_user, current_setting('lock_timeout'),
         current_setting('search_path'), current_setting('role'))";
    let before = waiter.value(state).await;
    waiter.run("commit").await;
    assert_eq!(waiter.value(state).await, before);
}
