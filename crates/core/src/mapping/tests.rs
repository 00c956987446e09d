//! Proposals for whole schemas, and for nonsense.

use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::value::quoted;
use super::*;

fn column(name: &str, type_name: &str) -> Json {
    json!({"name": name, "sql": quoted(name), "type": type_name})
}

fn table(name: &str, columns: &[(&str, &str)], keys: &[(&str, &str)]) -> Json {
    let columns: Vec<Json> = columns
        .iter()
        .map(|(name, type_name)| column(name, type_name))
        .collect();
    let keys: Vec<Json> = keys
        .iter()
        .map(|(column, target)| json!({"columns": [column], "target": format!("public.{target}"), "target_columns": ["id"]}))
        .collect();
    json!({
        "name": format!("public.{name}"), "plain_name": name, "columns": columns, "primary_key": ["id"],
        "foreign_keys": keys, "indexed": ["id", "pedido_id"]
    })
}

fn shop(order: &[(&str, &str)], item: &[(&str, &str)], more: &[Json]) -> Catalogue {
    let mut tables = vec![
        table("pedido_itens", item, &[("pedido_id", "pedidos")]),
        table("pedidos", order, &[]),
    ];
    tables.extend(more.iter().cloned());
    serde_json::from_value(json!({
        "relation": "public.pedido_itens",
        "key": {"columns": ["pedido_id"], "types": ["bigint"], "order_relation": "public.pedidos", "order_key": ["id"]},
        "tables": tables
    }))
    .unwrap()
}

const ITEM: &[(&str, &str)] = &[
    ("id", "bigint"),
    ("pedido_id", "bigint"),
    ("nome_produto", "text"),
    ("quantidade", "integer"),
    ("valor_unitario", "numeric"),
];

fn field<'a>(proposal: &'a Proposal, name: &str) -> &'a Field {
    proposal
        .fields
        .iter()
        .find(|field| field.field == name)
        .unwrap()
}

fn expression(proposal: &Proposal, name: &str) -> String {
    field(proposal, name).expression.clone().unwrap_or_default()
}

fn given(json: &Json) -> Overrides {
    Overrides::read(json)
}

/// O16: columns on the order; missing line totals are computed.
#[test]
fn a_plain_order_is_understood() {
    let order = [
        ("id", "bigint"),
        ("nome", "text"),
        ("telefone", "text"),
        ("total", "numeric"),
    ];
    let proposal = propose(&shop(&order, ITEM, &[]), &Overrides::default());
    assert_eq!(expression(&proposal, "phone"), "o.telefone");
    assert_eq!(expression(&proposal, "customer.name"), "o.nome");
    assert_eq!(expression(&proposal, "total"), "o.total::text");
    assert_eq!(
        expression(&proposal, "item.total"),
        "pg_catalog.round(i.quantidade operator(pg_catalog.*) i.valor_unitario, 2)::text"
    );
    assert_eq!(proposal.problems, []);
    assert_eq!(proposal.indexes, []);
    let query = proposal.query.unwrap();
    assert!(
        query.contains("o.telefone as recipient,  -- 89 %: column telefone\n"),
        "{query}"
    );
}

/// O16: cents are divided exactly.
#[test]
fn cents_become_reais() {
    let order = [
        ("id", "bigint"),
        ("telefone", "text"),
        ("total_centavos", "integer"),
    ];
    let proposal = propose(&shop(&order, ITEM, &[]), &Overrides::default());
    assert_eq!(
        expression(&proposal, "total"),
        "(o.total_centavos operator(pg_catalog.*) 0.01)::text"
    );
}

/// O16: the customer's table, with and without a foreign key.
#[test]
fn the_phone_is_found_through_the_customer() {
    let order = [
        ("id", "bigint"),
        ("cliente_id", "bigint"),
        ("total", "numeric"),
    ];
    let customers = table(
        "clientes",
        &[("id", "bigint"), ("nome", "text"), ("celular", "text")],
        &[],
    );
    let proposal = propose(&shop(&order, ITEM, &[customers]), &Overrides::default());
    assert_eq!(expression(&proposal, "phone"), "c.celular");
    assert_eq!(expression(&proposal, "customer.name"), "c.nome");
    let query = proposal.query.unwrap();
    assert!(
        query
            .contains("left join public.clientes as c on c.id operator(pg_catalog.=) o.cliente_id"),
        "{query}"
    );
}

/// O16: the prefixes of old databases say nothing.
#[test]
fn prefixes_are_seen_through() {
    let order = [
        ("id", "bigint"),
        ("nr_celular", "bigint"),
        ("vl_total", "numeric"),
        ("ds_observacao", "text"),
        ("dt_pedido", "timestamp without time zone"),
    ];
    let item = [
        ("id", "bigint"),
        ("pedido_id", "bigint"),
        ("ds_produto", "text"),
        ("qt_item", "integer"),
        ("vl_unitario", "numeric"),
    ];
    let proposal = propose(&shop(&order, &item, &[]), &Overrides::default());
    assert_eq!(expression(&proposal, "phone"), "o.nr_celular::text");
    assert_eq!(expression(&proposal, "notes"), "o.ds_observacao");
    assert_eq!(
        expression(&proposal, "created_at"),
        "o.dt_pedido::timestamptz"
    );
    assert_eq!(expression(&proposal, "item.name"), "i.ds_produto");
}

/// O16: so do the prefixes of a product's own table, and of the status.
#[test]
fn prefixes_are_seen_through_in_joined_tables() {
    let order = [
        ("id", "bigint"),
        ("nr_celular", "text"),
        ("st_pedido", "text"),
        ("cd_empresa", "bigint"),
    ];
    let item = [
        ("id", "bigint"),
        ("pedido_id", "bigint"),
        ("cd_produto", "bigint"),
        ("qt_item", "integer"),
    ];
    let keyed = |name: &str, key: &str, column: &str| {
        let mut keyed = table(name, &[(key, "bigint"), (column, "text")], &[]);
        keyed["primary_key"] = json!([key]);
        keyed
    };
    let more = [
        keyed("tb_produto", "cd_produto", "ds_produto"),
        keyed("tb_empresa", "cd_empresa", "ds_empresa"),
    ];
    let proposal = propose(&shop(&order, &item, &more), &Overrides::default());
    assert_eq!(expression(&proposal, "item.name"), "p.ds_produto");
    assert_eq!(expression(&proposal, "status"), "o.st_pedido");
    assert_eq!(expression(&proposal, "company.name"), "e.ds_empresa");
}

/// B5: of two equally good columns none is guessed, unless they are the same.
#[test]
fn two_totals_are_a_problem() {
    let order = [
        ("id", "bigint"),
        ("telefone", "text"),
        ("total", "numeric"),
        ("valor_total", "numeric"),
    ];
    let mut catalogue = shop(&order, ITEM, &[]);
    let proposal = propose(&catalogue, &Overrides::default());
    assert_eq!(proposal.problems[0].field, "total");
    assert_eq!(proposal.problems[0].candidates, ["total", "valor_total"]);
    let decided = propose(&catalogue, &given(&json!({"total": "valor_total"})));
    assert_eq!(decided.problems, []);
    assert_eq!(expression(&decided, "total"), "o.valor_total::text");
    let sample = |equals: &str| Sample {
        rows: 5,
        filled: 5,
        equals: vec![equals.to_owned()],
        ..Sample::default()
    };
    catalogue.tables[1].columns[2].sample = Some(sample("valor_total"));
    catalogue.tables[1].columns[3].sample = Some(sample("total"));
    assert_eq!(propose(&catalogue, &Overrides::default()).problems, []);
}

/// O16: a column named like a phone that holds names is none.
#[test]
fn values_speak_against_names() {
    let order = [
        ("id", "bigint"),
        ("contato", "text"),
        ("telefone", "text"),
        ("total", "numeric"),
    ];
    let mut catalogue = shop(&order, ITEM, &[]);
    catalogue.tables[1].columns[2].sample = Some(Sample {
        rows: 9,
        filled: 9,
        ..Sample::default()
    });
    catalogue.tables[1].columns[1].sample = Some(Sample {
        rows: 9,
        filled: 9,
        phones: 9,
        ..Sample::default()
    });
    let proposal = propose(&catalogue, &Overrides::default());
    assert_eq!(expression(&proposal, "phone"), "o.contato");
}

/// B5: what is given: a column, another table's, an expression, nothing, nonsense.
#[test]
fn fields_can_be_given() {
    let order = [
        ("id", "bigint"),
        ("cliente_id", "bigint"),
        ("telefone", "text"),
        ("total", "numeric"),
        ("obs", "text"),
    ];
    let customers = table(
        "clientes",
        &[("id", "bigint"), ("nome", "text"), ("celular", "text")],
        &[],
    );
    let catalogue = shop(&order, ITEM, &[customers]);
    let mapping = json!({
        "phone": "clientes.celular", "total": "o.total * 2 -- doubled", "notes": null, "number": "nope", "colour": "red"
    });
    let proposal = propose(&catalogue, &given(&mapping));
    assert_eq!(expression(&proposal, "phone"), "c.celular");
    assert_eq!(
        expression(&proposal, "total"),
        "(o.total * 2 -- doubled\n)::text"
    );
    assert_eq!(field(&proposal, "notes").expression, None);
    let problems: Vec<&str> = proposal
        .problems
        .iter()
        .map(|problem| problem.field.as_str())
        .collect();
    assert_eq!(problems, ["colour", "number"]);
}

/// O16: a customer with a first and a last name is called by the first.
#[test]
fn a_first_name_is_a_name() {
    let order = [
        ("id", "bigint"),
        ("customer_id", "bigint"),
        ("total", "numeric"),
    ];
    let customers = table(
        "customers",
        &[
            ("id", "bigint"),
            ("first_name", "text"),
            ("last_name", "text"),
            ("phone_number", "text"),
        ],
        &[],
    );
    let proposal = propose(&shop(&order, ITEM, &[customers]), &Overrides::default());
    assert_eq!(expression(&proposal, "customer.name"), "c.first_name");
    assert_eq!(expression(&proposal, "phone"), "c.phone_number");
}

/// O16: a column that is not there is refused with those that are, the likeliest first; a field, with the fields.
#[test]
fn what_is_not_there_is_refused_with_what_is() {
    let order = [
        ("id", "bigint"),
        ("telefone_cliente", "text"),
        ("celular", "text"),
    ];
    let mapping = json!({"phone": "fone", "fone": "celular"});
    let proposal = propose(&shop(&order, ITEM, &[]), &given(&mapping));
    let [field, column] = proposal.problems.as_slice() else {
        panic!("{:?}", proposal.problems)
    };
    assert!(
        field.message.contains("fields are number, tenant, phone"),
        "{field:?}"
    );
    assert_eq!(field.candidates, [""; 0]);
    assert_eq!(
        column.candidates.first().map(String::as_str),
        Some("o.telefone_cliente")
    );
}

/// O16: items in a column, of which keys are known or not.
#[test]
fn items_can_be_json() {
    let mut catalogue: Catalogue = serde_json::from_value(json!({
        "relation": "public.pedidos",
        "key": {"columns": ["id"], "types": ["uuid"], "order_relation": "public.pedidos", "order_key": ["id"]},
        "tables": [table("pedidos", &[("id", "uuid"), ("telefone", "text"), ("total", "numeric"), ("itens", "jsonb")], &[])]
    }))
    .unwrap();
    let proposal = propose(&catalogue, &Overrides::default());
    assert_eq!(proposal.items_column.as_deref(), Some("itens"));
    assert!(expression(&proposal, "item.name").starts_with("coalesce("));
    let keys = [
        ("titulo", "text"),
        ("qtd", "number"),
        ("preco_centavos", "number"),
    ];
    let keys = keys.map(|(key, kind)| (key.to_owned(), kind.to_owned()));
    catalogue.tables[0].columns[3].sample = Some(Sample {
        rows: 1,
        keys: keys.into(),
        ..Sample::default()
    });
    let proposal = propose(&catalogue, &Overrides::default());
    assert_eq!(
        expression(&proposal, "item.name"),
        "pg_catalog.jsonb_extract_path_text(i.value, 'titulo')"
    );
    assert!(
        expression(&proposal, "item.price").contains("* 0.01")
            || expression(&proposal, "item.price").contains("*) 0.01")
    );
}

/// O2: a name that holds a line break does not end the comment it stands in.
#[test]
fn names_cannot_leave_their_comments() {
    let order = [
        ("id", "bigint"),
        ("telefone\n; drop table x; --", "text"),
        ("total", "numeric"),
    ];
    let proposal = propose(
        &shop(&order, ITEM, &[]),
        &given(&json!({"phone": "telefone\n; drop table x; --"})),
    );
    let query = proposal.query.unwrap();
    let outside: Vec<&str> = query
        .lines()
        .filter(|line| line.trim_start().starts_with("; drop"))
        .collect();
    // The quoted name itself breaks the line; nothing else does.
    assert!(outside.iter().all(|line| line.contains("--\"")), "{query}");
}

/// B5: the index that each order would read a whole table without.
#[test]
fn a_missing_index_is_told() {
    let order = [("id", "bigint"), ("telefone", "text")];
    let mut catalogue = shop(&order, ITEM, &[]);
    catalogue.tables[0].indexed.clear();
    let proposal = propose(&catalogue, &Overrides::default());
    assert_eq!(
        proposal.indexes[0].statement,
        "create index concurrently on public.pedido_itens (pedido_id);"
    );
}

fn any_name() -> impl Strategy<Value = String> {
    let listed: Vec<&'static str> = names::all().map(|(name, _)| name).collect();
    prop_oneof![
        prop::sample::select(listed).prop_map(|name| name.replace(' ', "_")),
        "\\PC{0,12}",
        Just("o\"'\n--".to_owned()),
    ]
}

fn any_table() -> impl Strategy<Value = Json> {
    let types = [
        "text",
        "bigint",
        "numeric",
        "jsonb",
        "text[]",
        "uuid",
        "timestamp with time zone",
        "money",
        "integer",
        "double precision",
    ];
    let columns = prop::collection::vec((any_name(), prop::sample::select(types.to_vec())), 0..12);
    let name = prop_oneof![
        Just("pedidos".to_owned()),
        Just("pedido_itens".to_owned()),
        Just("clientes".to_owned()),
        Just("pedido_item_adicionais".to_owned()),
        any_name()
    ];
    (name, columns, prop::option::of(any_name())).prop_map(|(name, columns, refers)| {
        let keys: Vec<Json> = refers
            .iter()
            .map(|column| json!({"columns": [column], "target": "public.pedidos", "target_columns": ["id"]}))
            .collect();
        let columns: Vec<Json> = columns.iter().map(|(name, type_name)| column(name, type_name)).collect();
        json!({"name": format!("public.{}", quoted(&name)), "plain_name": name, "columns": columns, "foreign_keys": keys})
    })
}

proptest! {
    /// B5: any catalogue gives a proposal, and every name in it is quoted where that is needed.
    #[test]
    fn no_catalogue_is_too_odd(tables in prop::collection::vec(any_table(), 0..6), names in prop::collection::vec(any_name(), 0..4), text in "\\PC{0,20}") {
        let key = json!({"columns": ["pedido_id"], "types": ["bigint"], "order_relation": "public.pedidos", "order_key": ["id"]});
        let catalogue: Catalogue = serde_json::from_value(json!({"relation": "public.pedido_itens", "key": key, "tables": tables})).unwrap();
        let given: serde_json::Map<String, Json> = names.iter().map(|name| (name.clone(), json!(text))).collect();
        let proposal = propose(&catalogue, &Overrides::read(&Json::Object(given)));
        if let Some(query) = proposal.query {
            prop_assert!(query.starts_with("select\n    s.subject,"));
        }
    }

    #[test]
    fn samples_never_panic(texts in prop::collection::vec(prop::option::of("\\PC{0,30}"), 0..8)) {
        let rows: Vec<_> = texts.iter().map(|text| json!({"a": text, "status": text}).as_object().unwrap().clone()).collect();
        for sample in summarize(&rows).values() {
            prop_assert!(sample.filled <= sample.rows && sample.phones <= sample.filled);
        }
    }

    #[test]
    fn values_of_any_check_are_read(text in "\\PC{0,40}") {
        prop_assert!(allowed(&text).len() <= text.len());
        prop_assert_eq!(event(&text), event(&text.to_uppercase().to_lowercase()));
    }
}
