//! With whose rights the users' tables are read.

use crate::cluster::{Cluster, plain};
use crate::daemon::succeed;
use crate::delivery::stand::Stand;
use crate::shop;

/// Security: what a table's owner wrote gets no further than the daemon's role, whoever previews or saves a text.
#[tokio::test]
async fn a_tables_owner_cannot_act_as_whoever_previews() {
    let cluster = Cluster::start("template_rights", &[]);
    let (database, s) = shop::open(&cluster).await;
    succeed(&database, &["setup"]);
    s.run(
        "create role owner; grant usage, create on schema public to owner; set role owner;
         create function who() returns text language plpgsql as $$
         begin
             perform set_config('role', 'none', true);
             return current_user;
         exception
             when others then return current_user;
         end $$;
         create view visitors as select public.who() as name;
         grant select on visitors to zap_daemon;
         reset role;
         update zap.source set context_query =
             'select s.subject, ''11987654321'' as recipient, jsonb_build_object(''who'', v.name) as context
              from unnest($1) as s (subject) cross join public.visitors as v'",
    )
    .await;
    shop::place(&s, 1).await;
    let seen = "select body, problem from zap.preview('1', body => '{{ who }}')";
    assert_eq!(s.rows(seen).await, [["zap_daemon", "null"]]);
    // Nor does anything of it stay.
    assert_eq!(s.value("select current_user").await, "postgres");
    assert_eq!(s.value("show transaction_read_only").await, "off");
    s.run("select zap.save_template('order_received', '{{ who }}')")
        .await;
}

/// O6: what a query says and finds is in the database's own encoding.
#[tokio::test]
async fn old_encodings_are_read() {
    for encoding in ["LATIN1", "SQL_ASCII"] {
        let stand =
            Stand::open_in(plain().database_in(encoding).await, &shop::tables("bigint")).await;
        stand
            .session
            .run(
                "update zap.source set context_query =
                     'select s.subject, ''11987654321'' as recipient, jsonb_build_object(''who'', ''Zé'') as context
                      from unnest($1) as s (subject)'",
            )
            .await;
        let seen = "select body, problem from zap.preview('1', body => '{{ who }}')";
        let seen = stand.session.rows(seen).await;
        assert_eq!(seen, [["Zé", "null"]], "{encoding}");
    }
}
