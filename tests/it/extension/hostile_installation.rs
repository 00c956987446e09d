//! Whoever installs is a superuser: nothing that others have put into the database runs with those rights.

use crate::cluster::plain;
use crate::database::Database;
use crate::session::Session;

/// A new database in which a new role of this name may do what any role could before PostgreSQL 15.
async fn open(role: &str) -> (Database, Session) {
    let database = plain().database().await;
    let admin = database.session().await;
    admin.run(&format!("create role {role} login")).await;
    admin
        .run(&format!("grant create, usage on schema public to {role}"))
        .await;
    (database, admin)
}

/// Gives the role the rights of whoever calls it, if those are worth it.
fn trap(role: &str) -> String {
    format!(
        "create function public.seize() returns void language plpgsql volatile as $$
         begin
             if (select rolsuper from pg_catalog.pg_roles where rolname = current_user) then
                 execute 'alter role {role} superuser';
             end if;
         end $$;"
    )
}

async fn is_superuser(admin: &Session, role: &str) -> bool {
    let query = format!("select rolsuper from pg_roles where rolname = '{role}'");
    admin.value(&query).await == "t"
}

/// Runs what springs the trap: only then has its staying shut shown anything. In a session that has planned nothing yet.
async fn assert_springs(database: &Database, role: &str, bait: &str) {
    let admin = database.session().await;
    admin.run(bait).await;
    assert!(is_superuser(&admin, role).await, "no trap: {bait}");
    admin.run(&format!("alter role {role} nosuperuser")).await;
}

async fn assert_attached(admin: &Session, relation: &str) {
    let attached = "select relation from zap.source";
    assert_eq!(admin.column(attached).await, [relation]);
}

/// Each fits what the script calls better than the server's own.
const BETTER_FITS: &str = "
    create function public.lower(name) returns text language plpgsql as
        $$ begin perform public.seize(); return pg_catalog.lower($1::text); end $$;
    create function public.cardinality(regclass[]) returns integer language plpgsql as
        $$ begin perform public.seize(); return pg_catalog.cardinality($1); end $$;
    create function public.array_to_string(regclass[], text) returns text language plpgsql as
        $$ begin perform public.seize(); return pg_catalog.array_to_string($1, $2); end $$;
    create function public.is_same(oid, regclass) returns boolean language plpgsql as
        $$ begin perform public.seize(); return $1 operator(pg_catalog.=) $2; end $$;
    create operator public.= (leftarg = oid, rightarg = regclass, function = public.is_same);
    create table public.pedidos (id bigint primary key, telefone text);
    create table public.pedido_itens (id bigint primary key, pedido_id bigint references public.pedidos);";

/// O2: functions and operators in the schema that is searched first are not called.
#[tokio::test]
async fn functions_in_public_are_not_called() {
    let (database, admin) = open("mallory_functions").await;
    let mallory = database.session_as("mallory_functions").await;
    mallory
        .run(&(trap("mallory_functions") + BETTER_FITS))
        .await;
    admin.run("create extension zapgres").await;
    assert!(!is_superuser(&admin, "mallory_functions").await);
    assert_attached(&admin, "public.pedido_itens").await;
    admin
        .run("select zap.detach('pedido_itens'); select zap.attach('pedido_itens')")
        .await;
    assert!(!is_superuser(&admin, "mallory_functions").await);
    for bait in [
        "select lower('A'::name)",
        "select cardinality(array_agg(oid::regclass)) from pg_class",
        "select 1 from pg_class where oid = 'pg_class'::regclass",
    ] {
        assert_springs(&database, "mallory_functions", bait).await;
    }
}

/// O3: no schema of the user's, when it is dropped, takes the extension along.
#[tokio::test]
async fn the_extension_is_in_no_schema_of_the_users() {
    let (_, admin) = open("mallory_schema").await;
    admin.run("create extension zapgres").await;
    let schema = "select extnamespace::regnamespace from pg_extension where extname = 'zapgres'";
    assert_eq!(admin.value(schema).await, "pg_catalog");
    admin.run("drop schema public cascade").await;
    assert_eq!(admin.value("select count(*) from zap.source").await, "0");
}

/// Expressions of an index are evaluated by the planner already.
const HOSTILE_INDEX: &str = "
    create function public.harmless(integer) returns integer immutable language plpgsql as
        $$ begin perform public.seize(); return $1; end $$;
    create table public.pedidos (id bigint primary key, telefone text);
    create index on public.pedidos ((id + public.harmless(1)));
    create table public.pedido_itens (id bigint primary key, pedido_id bigint references public.pedidos);
    create index on public.pedido_itens (pedido_id, (id + public.harmless(1)));";

/// O2: attaching looks into the tables without running their owner's code as the one who attaches.
#[tokio::test]
async fn an_index_expression_is_not_evaluated_as_the_installer() {
    let (database, admin) = open("mallory_index").await;
    let mallory = database.session_as("mallory_index").await;
    mallory.run(&(trap("mallory_index") + HOSTILE_INDEX)).await;
    admin.run("create extension zapgres").await;
    assert!(!is_superuser(&admin, "mallory_index").await);
    assert_attached(&admin, "public.pedido_itens").await;
    admin.run("select zap.detach('pedido_itens')").await;
    let another = database.session().await;
    another
        .run("select zap.attach('pedido_itens', ready_when => 'id > 0')")
        .await;
    assert!(!is_superuser(&admin, "mallory_index").await);
    for table in ["pedidos", "pedido_itens"] {
        let bait = format!("select max(id) from {table}");
        assert_springs(&database, "mallory_index", &bait).await;
    }
}

/// Values of a domain, also null, are checked where they are cast.
const HOSTILE_DOMAIN: &str = "
    create function public.is_fine(bigint) returns boolean immutable language plpgsql as
        $$ begin perform public.seize(); return true; end $$;
    create domain public.chave as bigint check (public.is_fine(value));
    create table public.pedidos (id public.chave primary key, telefone text);
    create table public.pedido_itens (id bigint primary key, pedido_id public.chave references public.pedidos);";

/// O2: nor the checks of the key's type.
#[tokio::test]
async fn a_domain_is_not_checked_as_the_installer() {
    let (database, admin) = open("mallory_domain").await;
    let mallory = database.session_as("mallory_domain").await;
    mallory
        .run(&(trap("mallory_domain") + HOSTILE_DOMAIN))
        .await;
    admin.run("create extension zapgres").await;
    assert!(!is_superuser(&admin, "mallory_domain").await);
    assert_attached(&admin, "public.pedido_itens").await;
    assert_springs(
        &database,
        "mallory_domain",
        "select null::chave = null::chave",
    )
    .await;
}

/// B6: whoever makes an enumeration may say how it is cast.
#[tokio::test]
async fn a_cast_of_a_status_is_not_run_as_the_one_who_attaches() {
    let (database, admin) = open("caster").await;
    let caster = database.session_as("caster").await;
    caster.run(&trap("caster")).await;
    caster
        .run(
            "create type public.andamento as enum ('novo', 'pago');
             create function public.as_text(public.andamento) returns text language plpgsql as
                 $$ begin perform public.seize(); return 'pago'; end $$;
             create cast (public.andamento as text) with function public.as_text(public.andamento);
             create table public.pedidos (
                 id bigint primary key, telefone text, status public.andamento default 'novo',
                 created_at timestamptz default now()
             );
             insert into public.pedidos values (1, '11987654321')",
        )
        .await;
    assert_springs(
        &database,
        "caster",
        "select status::text from public.pedidos",
    )
    .await;
    admin
        .run(
            "create extension zapgres; select zap.propose_status('pedidos', 'status');
             select zap.attach_status('pedidos', 'status', '{\"pago\": \"order_paid\"}')",
        )
        .await;
    assert_attached(&admin, "public.pedidos").await;
    assert!(!is_superuser(&admin, "caster").await);
}
