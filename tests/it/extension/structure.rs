//! O1: the tables of schema `zap`.

use crate::cluster::plain;
use crate::shop;

/// O1: every table, column and function says what it is for.
#[tokio::test]
async fn everything_has_a_comment() {
    let (_, s) = shop::open(plain()).await;
    let silent = "
        select c.relname from pg_class as c
        where c.relnamespace = 'zap'::regnamespace and c.relkind in ('r', 'v', 'p')
            and obj_description(c.oid, 'pg_class') is null
        union all
        select c.relname || '.' || a.attname from pg_class as c join pg_attribute as a on a.attrelid = c.oid
        where c.relnamespace = 'zap'::regnamespace and c.relkind in ('r', 'v', 'p')
            and a.attnum > 0 and not a.attisdropped and col_description(c.oid, a.attnum) is null
        union all
        select p.proname from pg_proc as p
        where p.pronamespace = 'zap'::regnamespace and obj_description(p.oid, 'pg_proc') is null";
    assert_eq!(s.column(silent).await, [""; 0]);
    assert!(
        s.column("select tablename from pg_tables where schemaname = 'zap'")
            .await
            .len()
            >= 11
    );
}

/// O1: the tables and columns that documents, tests and users rely on.
#[tokio::test]
async fn the_tables_have_their_columns() {
    let (_, s) = shop::open(plain()).await;
    let expected = [
        (
            "notification_queue",
            "subject source_id event tenant_id channel_id status attempts next_attempt_at recipient \
             body provider_message_id error_class last_error dedup_key resolved_at expires_at reason",
        ),
        (
            "notification_logs",
            "notification_id level event attempt duration_ms error_class detail",
        ),
        (
            "missed",
            "source_id event subject first_item_known reason missed_at",
        ),
        ("capture_gap", "source_id transaction made_at"),
        ("channel_webhook", "token_hash channel_id created_at"),
        (
            "inbound_event",
            "channel_id provider payload received_at next_attempt_at attempts processed_at outcome",
        ),
        (
            "sent_message",
            "channel_id provider_message_id notification_id attempt sent_at",
        ),
        (
            "message_history",
            "tenant_id channel_id direction provider_message_id chat_kind chat author name kind text content quotes is_own at",
        ),
        (
            "installation",
            "system_identifier database_oid data_directory",
        ),
        (
            "source",
            "relation key_columns event context_query settle max_settle ready_when mode",
        ),
        ("tenant", "id name enabled"),
        (
            "channel",
            "tenant_id name provider base_url instance credential",
        ),
        ("template", "tenant_id event locale version body active"),
        ("recipient", "tenant_id kind address opted_out_at"),
        ("setting", "key tenant_id value"),
        ("tenant_usage", "tenant_id on_day counted"),
    ];
    for (table, columns) in expected {
        let query = format!(
            "select attname from pg_attribute where attrelid = 'zap.{table}'::regclass and attnum > 0"
        );
        let present = s.column(&query).await;
        for column in columns.split_whitespace() {
            assert!(
                present.iter().any(|name| name == column),
                "{table}.{column}"
            );
        }
    }
}

/// O1: a subject is announced once per source and event, whoever writes it.
#[tokio::test]
async fn the_queue_refuses_a_second_announcement() {
    let (_, s) = shop::open(plain()).await;
    shop::place(&s, 1).await;
    let again = "insert into zap.notification_queue (source_id, event, subject, dedup_key)
         select source_id, event, subject, dedup_key from zap.notification_queue";
    assert_eq!(s.error(again).await.code().code(), "23505");
}

/// O1: a row that capture writes enters no more indexes than it must: the unique keys and the one of what is unresolved.
#[tokio::test]
async fn a_captured_row_enters_few_indexes() {
    let (_, s) = shop::open(plain()).await;
    let full = "select indexrelid::regclass from pg_index
         where indrelid = 'zap.notification_queue'::regclass
             and (indpred is null or pg_get_expr(indpred, indrelid) = '(resolved_at IS NULL)')
         order by 1::text";
    let mut indexes = s.column(full).await;
    indexes.sort();
    assert_eq!(
        indexes,
        [
            "zap.notification_queue_once",
            "zap.notification_queue_pkey",
            "zap.notification_queue_unresolved"
        ]
    );
}

/// B9: every table and identity sequence is dumped with its rows.
#[tokio::test]
async fn everything_is_dumped() {
    let (_, s) = shop::open(plain()).await;
    let forgotten = "select c.oid::regclass from pg_class as c, pg_extension as e
         where c.relnamespace = 'zap'::regnamespace and c.relkind in ('r', 'S')
             and e.extname = 'zapgres' and not c.oid = any(coalesce(e.extconfig, '{}'))";
    assert_eq!(s.column(forgotten).await, [""; 0]);
}

/// O1: the extension puts nothing into the user's schemas.
#[tokio::test]
async fn everything_is_in_its_own_schema() {
    let (_, s) = shop::open(plain()).await;
    let elsewhere = "select pg_describe_object(classid, objid, objsubid) from pg_depend
         where refclassid = 'pg_extension'::regclass and deptype = 'e'
             and refobjid = (select oid from pg_extension where extname = 'zapgres')
             and (pg_identify_object(classid, objid, objsubid)).schema is distinct from 'zap'
             and (pg_identify_object(classid, objid, objsubid)).type <> 'schema'";
    assert_eq!(s.column(elsewhere).await, [""; 0]);
}
