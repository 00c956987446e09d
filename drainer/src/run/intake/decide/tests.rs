use std::collections::HashMap;

use serde_json::json;
use zapgres_core::template::{self, Renderer};

use super::*;
use crate::run::channels::Channels;
use crate::run::intake::audience::{Audiences, CUSTOMER};
use crate::run::intake::claim::Told;
use crate::run::intake::tenant::{Companies, Template, Tenant, TextKey};

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_700_000_000 + seconds, 0).unwrap()
}

fn captured(age: i64) -> Captured {
    Captured {
        id: 7,
        source_id: Some(1),
        event: "order_received".to_owned(),
        subject: "42".to_owned(),
        created_at: at(0),
        scheduled_at: None,
        next_attempt_at: at(0),
        context_hash: None,
        reason: None,
        priority: 0,
        told: Told::default(),
        delay: Duration::ZERO,
        now: at(age),
    }
}

fn text_key(tenant: Option<&str>) -> TextKey {
    TextKey {
        tenant: tenant.map(str::to_owned),
        event: "order_received".to_owned(),
        audience: CUSTOMER.to_owned(),
        locale: "pt-BR".to_owned(),
    }
}

fn source() -> Source {
    Source {
        id: 1,
        version: "1".to_owned(),
        relation: "public.pedido_itens".to_owned(),
        has_context_query: true,
        mode: Mode::Live,
        settle: Duration::ZERO,
        max_settle: Duration::from_secs(10),
        max_age: Duration::from_secs(24 * 3600),
        expires_after: Duration::from_secs(6 * 3600),
        max_attempts: 8,
        supersedes: false,
        audiences: Audiences::default(),
        old_key: None,
        has_twins: false,
    }
}

fn context() -> Context {
    Context {
        tenant: Some("5".to_owned()),
        recipient: Some("(11) 98765-4321".to_owned()),
        values: json!({"order": {"number": "12"}, "company": {"name": "Pizzaria da Ana"}}),
        created_at: Some(at(0)),
        ready: true,
    }
}

fn companies(body: &str) -> Companies {
    let tenant = Tenant {
        name: None,
        phone: None,
        enabled: true,
        locale: "pt-BR".to_owned(),
        timezone: template::Timezone::default(),
        default_area_code: None,
        channels: Channels::of(&[(100, true)]),
    };
    let key = text_key(None);
    let template = Template {
        version: "1:2".to_owned(),
        body: body.to_owned(),
    };
    Companies {
        tenants: HashMap::from([("5".to_owned(), tenant)]),
        templates: HashMap::from([(key, template)]),
        provider_templates: HashMap::new(),
    }
}

fn considered(row: &Captured, source: &Source, context: Context) -> Result<Candidate, Decision> {
    consider(row, source, Answer::Found(context))
}

fn reason(decision: &Decision) -> &str {
    match decision {
        Decision::Again { reason, .. }
        | Decision::Skip { reason, .. }
        | Decision::Expire { reason, .. } => reason,
        Decision::Send { .. } => "send",
    }
}

fn composed(context: Context, companies: &Companies) -> Result<Composed, Decision> {
    let row = captured(1);
    compose(
        &row,
        &source(),
        considered(&row, &source(), context)?,
        companies,
        &mut Renderer::default(),
    )
}

#[test]
fn a_complete_order_is_sent_on_its_companys_channel() {
    let composed = composed(context(), &companies("Pedido {{ order.number }}")).unwrap();
    assert_eq!(
        (composed.body.as_str(), composed.template_version.as_str()),
        ("Pedido 12", "1:2")
    );
    let Decision::Send { message, channel } = conclude(composed, Mode::Live) else {
        panic!("not sent")
    };
    assert_eq!(message.recipient.as_deref(), Some("+5511987654321"));
    assert_eq!(channel.map(|chosen| chosen.channel_id), Some(1));
}

#[test]
fn a_source_that_is_off_or_has_no_query_is_not_asked() {
    let off = Source {
        mode: Mode::Off,
        ..source()
    };
    assert_eq!(
        reason(&before_asking(&captured(1), Some(&off)).unwrap_err()),
        "source_off"
    );
    let silent = Source {
        has_context_query: false,
        ..source()
    };
    let waits = before_asking(&captured(1), Some(&silent)).unwrap_err();
    assert_eq!(reason(&waits), "no_context_query");
    assert!(matches!(waits, Decision::Again { .. }));
}

#[test]
fn an_order_that_is_not_visible_is_looked_for_until_max_settle() {
    let absent = |age| consider(&captured(age), &source(), Answer::Absent).unwrap_err();
    assert!(matches!(
        absent(1),
        Decision::Again {
            reason: "order_gone",
            ..
        }
    ));
    assert!(matches!(
        absent(11),
        Decision::Skip {
            reason: "order_gone",
            ..
        }
    ));
}

/// O3: settles for the source's quiet time, measured from look to look.
#[test]
fn an_order_settles_before_it_is_sent() {
    let slow = Source {
        settle: Duration::from_secs(2),
        ..source()
    };
    let first = considered(&captured(0), &slow, context()).unwrap_err();
    let Decision::Again {
        at: again,
        reason: "settling",
        hash: Some(hash),
        ..
    } = first
    else {
        panic!("{first:?}")
    };
    assert_eq!(again, at(2));
    let second = Captured {
        context_hash: Some(hash),
        ..captured(2)
    };
    assert!(considered(&second, &slow, context()).is_ok());
}

#[test]
fn what_is_not_ready_waits_and_expires() {
    let unready = || Context {
        ready: false,
        ..context()
    };
    let waits = considered(&captured(1), &source(), unready()).unwrap_err();
    assert_eq!(reason(&waits), "not_ready");
    let late = considered(&captured(6 * 3600), &source(), unready()).unwrap_err();
    assert!(matches!(
        late,
        Decision::Expire {
            reason: "not_ready",
            ..
        }
    ));
}

#[test]
fn a_failing_query_is_asked_again_and_says_why() {
    let failed = consider(
        &captured(40),
        &source(),
        Answer::Failed("no column".to_owned()),
    );
    let Decision::Again {
        at: again,
        reason: "context_error",
        error,
        ..
    } = failed.unwrap_err()
    else {
        panic!("not again")
    };
    assert_eq!((again, error.as_deref()), (at(50), Some("no column")));
}

/// Old orders stay quiet, told by their time or by their key.
#[test]
fn old_orders_are_too_old() {
    let old = Context {
        created_at: Some(at(-25 * 3600)),
        ..context()
    };
    assert_eq!(
        reason(&considered(&captured(1), &source(), old).unwrap_err()),
        "too_old"
    );
    let timeless = || Context {
        created_at: None,
        ..context()
    };
    let marked = |old_key| Source {
        old_key,
        ..source()
    };
    let by_key = considered(&captured(1), &marked(Some(42)), timeless());
    assert_eq!(reason(&by_key.unwrap_err()), "too_old");
    assert!(considered(&captured(1), &marked(Some(41)), timeless()).is_ok());
    assert!(considered(&captured(1), &marked(None), timeless()).is_ok());
}

#[test]
fn no_phone_and_a_wrong_phone_are_skipped() {
    let with = |recipient: Option<&str>| Context {
        recipient: recipient.map(str::to_owned),
        ..context()
    };
    for (recipient, expected) in [
        (None, "no_phone"),
        (Some("  "), "no_phone"),
        (Some("123"), "invalid_phone"),
    ] {
        let decision = composed(with(recipient), &companies("Oi")).unwrap_err();
        assert_eq!(reason(&decision), expected);
    }
}

/// O7: a company that is switched off hears nothing.
#[test]
fn a_disabled_company_is_skipped() {
    let mut companies = companies("Oi");
    companies.tenants.get_mut("5").unwrap().enabled = false;
    assert_eq!(
        reason(&composed(context(), &companies).unwrap_err()),
        "tenant_disabled"
    );
}

/// O6: the company's own text comes first; a mistake in it names the variable, and waits to be mended.
#[test]
fn a_template_with_an_unknown_variable_waits() {
    let mut companies = companies("Oi");
    let key = text_key(Some("5"));
    let body = "Oi {{ customer.nick }}".to_owned();
    companies.templates.insert(
        key,
        Template {
            version: "9:1".to_owned(),
            body,
        },
    );
    let Decision::Again {
        reason: "template_error",
        error: Some(error),
        ..
    } = composed(context(), &companies).unwrap_err()
    else {
        panic!("not again")
    };
    assert!(
        error.contains("nick") || error.contains("customer"),
        "{error}"
    );
}

#[test]
fn the_companys_name_of_the_settings_comes_first() {
    let mut companies = companies("{{ company.name }}");
    assert_eq!(
        composed(context(), &companies).unwrap().body,
        "Pizzaria da Ana"
    );
    companies.tenants.get_mut("5").unwrap().name = Some("Ana & Filhos".to_owned());
    assert_eq!(
        composed(context(), &companies).unwrap().body,
        "Ana & Filhos"
    );
}

/// O14: shadow mode keeps the text beside the old system's, and sends nothing.
#[test]
fn shadow_mode_keeps_the_text_and_sends_nothing() {
    let composed = composed(context(), &companies("Oi")).unwrap();
    let Decision::Skip {
        reason: "shadow",
        message,
        ..
    } = conclude(composed, Mode::Shadow)
    else {
        panic!("not skipped")
    };
    assert_eq!(message.body.as_deref(), Some("Oi"));
}

/// Q1: what a person takes up again, or what was asked for later, has its whole time from then on.
#[test]
fn time_runs_out_from_when_it_was_due() {
    let waiting = Context {
        ready: false,
        ..context()
    };
    let hours = |count: i64| count * 3600;
    let row = Captured {
        scheduled_at: Some(at(hours(7))),
        ..captured(hours(8))
    };
    let again = considered(&row, &source(), waiting.clone()).unwrap_err();
    assert!(matches!(again, Decision::Again { .. }), "{again:?}");
    let over = considered(&captured(hours(8)), &source(), waiting).unwrap_err();
    assert!(matches!(over, Decision::Expire { .. }), "{over:?}");
}

/// C1: the approved template is filled with the same order as the text, the company's own before the one for all; one that is
/// none waits for somebody to mend it.
#[test]
fn an_approved_template_goes_along_with_the_text() {
    let filled = |template: Result<zapgres_core::message::Template, String>| {
        let mut companies = companies("Pedido {{ order.number }}");
        let key = text_key(None);
        companies.provider_templates.insert(key, template);
        let (row, source) = (captured(0), source());
        let candidate = considered(&row, &source, context()).unwrap();
        let mut renderer = Renderer::default();
        compose(&row, &source, candidate, &companies, &mut renderer)
    };
    let template = json!({
        "name": "pedido", "language": "pt_BR", "parameters": [{"text": "{{ order.number }}"}],
    });
    let composed = filled(Ok(serde_json::from_value(template).unwrap())).unwrap();
    let template = composed.payload.unwrap()["template"].clone();
    assert_eq!(
        (&*composed.body, &template["parameters"][0]["text"]),
        ("Pedido 12", &json!("12"))
    );
    let waits = filled(Err("zap.provider_template: no name".to_owned())).unwrap_err();
    assert_eq!(reason(&waits), TEMPLATE_ERROR);
}

fn shop(recipient: &str) -> Audience {
    Audience {
        name: "shop".to_owned(),
        recipient: Some(recipient.to_owned()),
        purpose: Some("kitchen".to_owned()),
        ..Audience::customer()
    }
}

/// O6: the first look at a complete order tells the customer, and says who else is to be told.
#[test]
fn an_order_is_told_to_the_customer_and_to_others() {
    let source = Source {
        audiences: vec![shop("+5511900000000")].into(),
        ..source()
    };
    let candidate = considered(&captured(1), &source, context()).unwrap();
    assert_eq!(candidate.audience, Audience::customer());
    assert_eq!(candidate.others, [shop("+5511900000000")]);
}

/// O6: a row for one audience goes to that one, with its recipient, and tells nobody else.
#[test]
fn a_row_for_an_audience_goes_to_its_recipient() {
    let mut companies = companies("Oi");
    let key = TextKey {
        audience: "shop".to_owned(),
        ..text_key(None)
    };
    let template = companies.templates[&text_key(None)].clone();
    companies.templates.insert(key, template);
    let tenant = companies.tenants.get_mut("5").unwrap();
    tenant.phone = Some("(21) 99876-5432".to_owned());
    let source = Source {
        audiences: vec![shop("{{ company.phone }}")].into(),
        ..source()
    };
    let mut row = captured(1);
    row.told.audience = Some("shop".to_owned());
    let candidate = considered(&row, &source, context()).unwrap();
    assert_eq!(candidate.others, []);
    let composed = compose(
        &row,
        &source,
        candidate,
        &companies,
        &mut Renderer::default(),
    )
    .unwrap();
    assert_eq!(composed.phone.as_e164(), "+5521998765432");
    assert_eq!(
        composed.payload,
        Some(json!({"audience": "shop", "purpose": "kitchen"}))
    );
}

/// O6: who is told is written like what is told: by the company's clock, as the preview does.
#[test]
fn a_recipient_is_written_by_the_companys_clock() {
    let mut companies = companies("Oi");
    companies.tenants.get_mut("5").unwrap().timezone = template::Timezone::named("America/Manaus");
    let customer = Audience {
        recipient: Some("+551198765{{ at | hora | replace(':30', '21') }}".to_owned()),
        ..Audience::customer()
    };
    let source = Source {
        audiences: vec![customer].into(),
        ..source()
    };
    let row = captured(1);
    let mut context = context();
    // 10:30 in São Paulo.
    context.values["at"] = json!("2026-11-28T13:30:00Z");
    let candidate = considered(&row, &source, context).unwrap();
    let mut renderer = Renderer::default();
    let composed = compose(&row, &source, candidate, &companies, &mut renderer).unwrap();
    assert_eq!(composed.phone.as_e164(), "+5511987650921");
}

#[test]
fn an_event_that_nobody_is_to_be_told_of_is_skipped() {
    let silent = Audience {
        enabled: false,
        ..Audience::customer()
    };
    let source = Source {
        audiences: vec![silent].into(),
        ..source()
    };
    let skipped = considered(&captured(1), &source, context()).unwrap_err();
    assert_eq!(reason(&skipped), "no_audience");
}

/// O7: what is entered of the company goes before what its tables say, field by field.
#[test]
fn an_entered_name_leaves_the_companys_other_values() {
    let mut companies = companies("{{ company.name }} {{ company.phone }}");
    companies.tenants.get_mut("5").unwrap().name = Some("Bela".to_owned());
    let mut context = context();
    context.values["company"] = json!({"name": "x", "phone": "123"});
    assert_eq!(composed(context, &companies).unwrap().body, "Bela 123");
}
