//! The install script: `sql/schema`, and what only an extension may contain, in the order of their needs.
use pgrx::extension_sql_file;

extension_sql_file!("../sql/schema/00_schema.sql", name = "schema", bootstrap);
extension_sql_file!(
    "../sql/schema/10_tenant.sql",
    name = "tenant",
    requires = ["schema"]
);
extension_sql_file!(
    "../sql/schema/12_timezone.sql",
    name = "timezone",
    requires = ["tenant"]
);
extension_sql_file!(
    "../sql/schema/13_setting.sql",
    name = "setting",
    requires = ["timezone"]
);
extension_sql_file!(
    "../sql/schema/14_save_tenant.sql",
    name = "save_tenant",
    requires = ["setting"]
);
extension_sql_file!(
    "../sql/schema/15_daemon.sql",
    name = "daemon",
    requires = ["save_tenant"]
);
extension_sql_file!(
    "../sql/schema/20_channel.sql",
    name = "channel",
    requires = ["daemon"]
);
extension_sql_file!(
    "../sql/schema/25_channel_health.sql",
    name = "channel_health",
    requires = ["channel"]
);
extension_sql_file!(
    "../sql/schema/30_source.sql",
    name = "source",
    requires = ["channel_health"]
);
extension_sql_file!(
    "../sql/schema/31_audience.sql",
    name = "audience",
    requires = ["source"]
);
extension_sql_file!(
    "../sql/schema/40_template.sql",
    name = "template",
    requires = ["audience"]
);
extension_sql_file!(
    "../sql/schema/41_provider_template.sql",
    name = "provider_template",
    requires = ["template"]
);
extension_sql_file!(
    "../sql/schema/42_save_template.sql",
    name = "save_template",
    requires = ["provider_template"]
);
extension_sql_file!(
    "../sql/schema/43_try_template.sql",
    name = "try_template",
    requires = ["save_template"]
);
extension_sql_file!(
    "../sql/schema/50_recipient.sql",
    name = "recipient",
    requires = ["try_template"]
);
extension_sql_file!(
    "../sql/schema/51_recipient_address.sql",
    name = "recipient_address",
    requires = ["recipient"]
);
extension_sql_file!(
    "../sql/schema/60_notification_queue.sql",
    name = "notification_queue",
    requires = ["recipient_address"]
);
extension_sql_file!(
    "../sql/schema/61_notification_logs.sql",
    name = "notification_logs",
    requires = ["notification_queue"]
);
extension_sql_file!(
    "../sql/schema/65_inbound.sql",
    name = "inbound",
    requires = ["notification_logs"]
);
extension_sql_file!(
    "../sql/schema/70_installation.sql",
    name = "installation",
    requires = ["inbound"]
);
extension_sql_file!(
    "../sql/schema/80_context.sql",
    name = "context",
    requires = ["installation"]
);
extension_sql_file!(
    "../sql/schema/81_catalogue.sql",
    name = "catalogue",
    requires = ["context"]
);
extension_sql_file!(
    "../sql/schema/81_mapping.sql",
    name = "mapping",
    requires = ["catalogue"]
);
extension_sql_file!(
    "../sql/schema/82_attach_checks.sql",
    name = "attach_checks",
    requires = ["mapping"]
);
extension_sql_file!(
    "../sql/schema/83_attach.sql",
    name = "attach",
    requires = ["attach_checks"]
);
extension_sql_file!(
    "../sql/schema/83_capture_rows.sql",
    name = "capture_rows",
    requires = ["attach"]
);
extension_sql_file!(
    "../sql/schema/84_attach_status.sql",
    name = "attach_status",
    requires = ["capture_rows"]
);
extension_sql_file!(
    "../sql/schema/85_attach_inserts.sql",
    name = "attach_inserts",
    requires = ["attach_status"]
);
extension_sql_file!(
    "../sql/schema/86_notify.sql",
    name = "notify",
    requires = ["attach_inserts"]
);
extension_sql_file!(
    "../sql/schema/87_tell.sql",
    name = "tell",
    requires = ["notify"]
);
extension_sql_file!(
    "../sql/schema/88_mode.sql",
    name = "mode",
    requires = ["tell"]
);
extension_sql_file!(
    "../sql/schema/90_pause.sql",
    name = "pause",
    requires = ["mode"]
);
extension_sql_file!(
    "../sql/schema/91_filter.sql",
    name = "filter",
    requires = ["pause"]
);
extension_sql_file!(
    "../sql/schema/92_cancel.sql",
    name = "cancel",
    requires = ["filter"]
);
extension_sql_file!(
    "../sql/schema/93_retry.sql",
    name = "retry",
    requires = ["cancel"]
);
extension_sql_file!(
    "../sql/schema/94_resend.sql",
    name = "resend",
    requires = ["retry"]
);
extension_sql_file!(
    "../sql/schema/95_overview.sql",
    name = "overview",
    requires = ["resend"]
);
extension_sql_file!(
    "../sql/schema/96_send_message.sql",
    name = "send_message",
    requires = ["overview"]
);
extension_sql_file!(
    "../sql/schema/97_preview.sql",
    name = "preview",
    requires = ["send_message"]
);
extension_sql_file!(
    "../sql/schema/98_why_text.sql",
    name = "why_text",
    requires = ["preview"]
);
extension_sql_file!(
    "../sql/schema/98_why_portuguese.sql",
    name = "why_portuguese",
    requires = ["why_text"]
);
extension_sql_file!(
    "../sql/schema/98_why_english.sql",
    name = "why_english",
    requires = ["why_portuguese"]
);
extension_sql_file!(
    "../sql/schema/99_why_rows.sql",
    name = "why_rows",
    requires = ["why_english"]
);
extension_sql_file!(
    "../sql/schema/99_why_never.sql",
    name = "why_never",
    requires = ["why_rows"]
);
extension_sql_file!(
    "../sql/schema/99_why_waits.sql",
    name = "why_waits",
    requires = ["why_never"]
);
extension_sql_file!(
    "../sql/schema/99_why.sql",
    name = "why",
    requires = ["why_waits"]
);
extension_sql_file!(
    "../sql/extension/10_capture.sql",
    name = "capture",
    requires = ["why"]
);
extension_sql_file!(
    "../sql/extension/11_mapping.sql",
    name = "propose_mapping",
    requires = ["capture"]
);
extension_sql_file!(
    "../sql/extension/12_template.sql",
    name = "render_template",
    requires = ["propose_mapping"]
);
extension_sql_file!(
    "../sql/extension/20_dump.sql",
    name = "dump",
    requires = ["render_template"]
);
extension_sql_file!(
    "../sql/extension/90_attach_found.sql",
    name = "attach_found",
    requires = ["dump"]
);
