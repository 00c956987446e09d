//! Names that order databases use: the one table that decides which column is which.
//!
//! Names are bags of words in one spelling ([`SPELLINGS`]), so that each stands here once and not in every order and
//! language. The number is how sure one can be, in percent.

/// What a column can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Concept {
    /// Number that people know the order by.
    Number,
    /// The company that the order was placed at.
    Tenant,
    /// Who ordered: the name.
    CustomerName,
    /// Key of who ordered.
    CustomerKey,
    /// Whom to tell.
    Phone,
    /// What the order costs.
    Total,
    /// What its items cost.
    Subtotal,
    /// What bringing it costs.
    DeliveryFee,
    /// What is taken off.
    Discount,
    /// When it was placed.
    Created,
    /// How far it is.
    Status,
    /// Delivery, counter, pick-up.
    Kind,
    /// How it is paid.
    Payment,
    /// Street, or the whole address.
    Address,
    /// Part of the address: number of the house.
    House,
    /// Part of the address.
    Complement,
    /// Part of the address.
    District,
    /// Part of the address.
    City,
    /// What the customer remarked.
    Notes,
    /// The items, as JSON.
    Items,
    /// An item's name.
    ItemName,
    /// What makes an item's name complete: its size.
    Variant,
    /// How many of an item.
    Quantity,
    /// What one of it costs.
    UnitPrice,
    /// What the line costs.
    LineTotal,
    /// What the customer remarked on an item.
    ItemNotes,
    /// Key of an item's product.
    ProductKey,
    /// Place of an item among the others.
    Position,
    /// Add-ons, as JSON.
    Addons,
    /// Flavours, as JSON or an array.
    Flavors,
    /// Filled crust of a pizza: its name.
    Crust,
    /// Filled crust of a pizza: its price.
    CrustPrice,
    /// An add-on's or flavour's name.
    PartName,
    /// An add-on's price.
    PartPrice,
    /// Name of a person, company or product in its own table.
    OwnName,
}

use Concept as C;

/// Spelling, and the words that are written so; plurals need no mention.
pub const SPELLINGS: &[(&str, &str)] = &[
    (
        "adicional",
        "adicionais addon extra extras opcional opcionais complementos topping modifier acrescimo",
    ),
    ("bairro", "district neighborhood neighbourhood"),
    ("celular", "cel mobile cellphone"),
    ("centavos", "centavo cents cent"),
    ("cidade", "city municipio"),
    ("cliente", "cli customer client consumidor comprador buyer"),
    ("complemento", "complement"),
    ("contato", "contact"),
    ("criado", "created criacao cadastro inserted criada"),
    ("data", "dt date datetime"),
    ("desconto", "discount"),
    ("descricao", "description descr"),
    ("em", "at on"),
    ("empresa", "company companies"),
    ("endereco", "address logradouro rua street end"),
    ("entrega", "delivery shipping frete"),
    ("estabelecimento", "restaurante restaurant"),
    ("filial", "filiais branch unidade"),
    ("final", "geral grand"),
    ("forma", "method metodo meio"),
    ("hora", "time horario"),
    ("id", "cod codigo cd key uid uuid"),
    ("item", "itens items"),
    ("loja", "store shop"),
    ("nome", "nm name"),
    ("numero", "num nr nro number no"),
    (
        "observacao",
        "obs note notes observacoes comment comentario comments comentarios remark",
    ),
    ("pagamento", "payment pgto pagto"),
    ("pedido", "ped order"),
    ("preco", "price"),
    ("primeiro", "first"),
    ("produto", "prod product"),
    ("quantidade", "qtd qtde qt qty quantity quant"),
    ("sabor", "sabores flavor flavour"),
    ("situacao", "sit"),
    ("status", "stat st"),
    ("tamanho", "size"),
    ("taxa", "tx fee"),
    ("telefone", "tel fone phone telephone"),
    ("tenant", "inquilino"),
    ("tipo", "type tp modalidade"),
    ("titulo", "title"),
    ("total", "tot"),
    ("unitario", "unit un each"),
    ("usuario", "user"),
    ("valor", "vl vlr val amount value"),
    ("venda", "sale"),
    ("whatsapp", "whats wpp zap wa"),
];

/// Words that say nothing.
pub const SILENT: &[&str] = &[
    "tb",
    "ds",
    "tbl",
    "vw",
    "view",
    "txt",
    "str",
    "fk",
    "pk",
    "de",
    "do",
    "da",
    "of",
    "the",
    "in",
    "snapshot",
    "calculado",
    "calculada",
];

/// Names of each concept, and how sure they make one.
pub const NAMES: &[(Concept, &[(&str, u8)])] = &[
    (
        C::Number,
        &[
            ("numero pedido", 96),
            ("numero", 92),
            ("numero dia", 88),
            ("protocolo", 80),
            ("pedido", 60),
            ("senha", 70),
            ("display id", 80),
            ("numero venda", 92),
            ("referencia pedido", 70),
        ],
    ),
    (
        C::Tenant,
        &[
            ("empresa id", 96),
            ("tenant id", 96),
            ("estabelecimento id", 96),
            ("loja id", 96),
            ("filial id", 94),
            ("empresa", 85),
            ("estabelecimento", 85),
            ("loja", 85),
            ("filial", 80),
            ("tenant", 85),
            ("usuario id", 35),
        ],
    ),
    (
        C::CustomerName,
        &[
            ("cliente nome", 96),
            ("nome", 85),
            ("cliente", 86),
            ("nome completo", 84),
            ("nome primeiro", 82),
            ("cliente nome primeiro", 90),
            ("destinatario", 75),
            ("contato nome", 80),
        ],
    ),
    (
        C::CustomerKey,
        &[
            ("cliente id", 96),
            ("cliente", 80),
            ("pessoa id", 75),
            ("usuario id", 60),
            ("contato id", 70),
        ],
    ),
    (
        C::Phone,
        &[
            ("whatsapp", 97),
            ("cliente whatsapp", 98),
            ("telefone whatsapp", 97),
            ("celular whatsapp", 97),
            ("numero whatsapp", 96),
            ("contato whatsapp", 96),
            ("celular", 93),
            ("cliente celular", 94),
            ("telefone celular", 93),
            ("celular contato", 92),
            ("telefone", 89),
            ("cliente telefone", 90),
            ("contato telefone", 88),
            ("numero telefone", 89),
            ("telefone principal", 89),
            ("cliente contato", 80),
            ("contato", 72),
            ("entrega telefone", 84),
            ("numero celular", 92),
        ],
    ),
    (
        C::Total,
        &[
            ("final valor", 97),
            ("final total", 96),
            ("total", 93),
            ("total valor", 93),
            ("pedido total", 93),
            ("pago valor", 60),
            ("pedido valor", 85),
            ("preco total", 90),
            ("final preco", 95),
            ("valor", 72),
            ("venda valor", 85),
        ],
    ),
    (
        C::Subtotal,
        &[
            ("subtotal", 95),
            ("subtotal valor", 95),
            ("item total", 88),
            ("item valor", 86),
            ("produto valor", 86),
            ("produto total", 86),
        ],
    ),
    (
        C::DeliveryFee,
        &[
            ("entrega taxa", 96),
            ("entrega valor", 92),
            ("entrega", 80),
            ("entrega preco", 92),
            ("taxa", 60),
            ("entrega taxa valor", 95),
            ("entrega custo", 80),
        ],
    ),
    (
        C::Discount,
        &[
            ("desconto", 95),
            ("desconto valor", 95),
            ("desconto total", 94),
            ("cupom desconto", 85),
            ("desconto preco", 85),
        ],
    ),
    (
        C::Created,
        &[
            ("criado em", 96),
            ("criado data", 94),
            ("criado data hora", 94),
            ("criado", 90),
            ("data pedido", 92),
            ("data hora pedido", 92),
            ("data hora", 90),
            ("data venda", 90),
            ("data", 84),
            ("data em", 80),
            ("pedido em", 88),
            ("emissao", 78),
            ("data emissao", 82),
        ],
    ),
    (
        C::Status,
        &[
            ("status", 96),
            ("situacao", 93),
            ("pedido status", 96),
            ("pedido situacao", 93),
            ("estado pedido", 90),
            ("estado", 75),
            ("etapa", 70),
            ("state", 85),
            ("fase", 65),
        ],
    ),
    (
        C::Kind,
        &[
            ("entrega tipo", 93),
            ("tipo", 90),
            ("pedido tipo", 88),
            ("consumo tipo", 92),
            ("entrega forma", 85),
            ("atendimento tipo", 84),
        ],
    ),
    (
        C::Payment,
        &[
            ("forma pagamento", 96),
            ("pagamento", 92),
            ("pagamento tipo", 90),
            ("forma pagamento nome", 90),
            ("forma", 60),
        ],
    ),
    (
        C::Address,
        &[
            ("endereco", 94),
            ("endereco entrega", 95),
            ("cliente endereco", 92),
            ("completo endereco", 95),
            ("local entrega", 75),
        ],
    ),
    (
        C::House,
        &[
            ("endereco numero", 90),
            ("casa numero", 90),
            ("entrega numero", 80),
        ],
    ),
    (
        C::Complement,
        &[("complemento", 90), ("complemento endereco", 92)],
    ),
    (
        C::District,
        &[
            ("bairro", 94),
            ("bairro entrega", 94),
            ("bairro endereco", 94),
            ("bairro cliente", 92),
        ],
    ),
    (
        C::City,
        &[
            ("cidade", 92),
            ("cidade entrega", 92),
            ("cidade endereco", 92),
        ],
    ),
    (
        C::Notes,
        &[
            ("observacao", 94),
            ("observacao pedido", 94),
            ("cliente observacao", 88),
            ("observacao gerais", 88),
            ("instrucao", 70),
        ],
    ),
    (
        C::Items,
        &[
            ("item", 95),
            ("item pedido", 94),
            ("produto", 88),
            ("carrinho", 80),
            ("cart", 80),
            ("cart item", 85),
            ("item json", 92),
            ("linha", 60),
        ],
    ),
    (
        C::ItemName,
        &[
            ("nome produto", 96),
            ("item nome", 95),
            ("nome", 92),
            ("descricao produto", 90),
            ("produto", 86),
            ("descricao", 84),
            ("descricao item", 88),
            ("titulo", 85),
            ("produto titulo", 88),
            ("item", 75),
        ],
    ),
    (
        C::Variant,
        &[
            ("opcao", 80),
            ("tamanho", 85),
            ("variacao", 80),
            ("nome opcao", 80),
            ("nome tamanho", 85),
            ("variant", 80),
        ],
    ),
    (
        C::Quantity,
        &[
            ("quantidade", 96),
            ("item quantidade", 95),
            ("produto quantidade", 92),
        ],
    ),
    (
        C::UnitPrice,
        &[
            ("preco unitario", 96),
            ("unitario valor", 96),
            ("preco", 90),
            ("preco venda", 84),
            ("item preco", 88),
            ("preco produto", 88),
            ("valor", 78),
            ("produto valor", 78),
            ("unitario", 80),
            ("item valor", 78),
            ("preco unitario valor", 92),
        ],
    ),
    (
        C::LineTotal,
        &[
            ("total valor", 95),
            ("item total", 95),
            ("subtotal", 93),
            ("total", 93),
            ("preco total", 94),
            ("linha total", 93),
            ("item subtotal", 93),
            ("item total valor", 95),
            ("line total", 93),
            ("subtotal valor", 93),
            ("line valor", 85),
        ],
    ),
    (
        C::ItemNotes,
        &[
            ("observacao", 94),
            ("item observacao", 94),
            ("instrucao", 80),
        ],
    ),
    (
        C::ProductKey,
        &[
            ("id produto", 96),
            ("produto", 80),
            ("id item", 60),
            ("cardapio id", 75),
            ("cardapio id item", 80),
            ("id menu item", 80),
        ],
    ),
    (
        C::Position,
        &[
            ("ordem", 90),
            ("sequencia", 90),
            ("seq", 90),
            ("posicao", 90),
            ("item numero", 88),
            ("linha", 80),
            ("position", 90),
        ],
    ),
    (
        C::Addons,
        &[
            ("adicional", 94),
            ("item adicional", 92),
            ("opcao", 70),
            ("escolhidos adicional", 85),
        ],
    ),
    (C::Flavors, &[("sabor", 94), ("item sabor", 92)]),
    (C::Crust, &[("borda", 92), ("borda nome", 94)]),
    (C::CrustPrice, &[("borda preco", 94), ("borda valor", 94)]),
    (
        C::PartName,
        &[
            ("adicional nome", 96),
            ("nome sabor", 96),
            ("nome", 93),
            ("descricao", 84),
            ("adicional", 86),
            ("sabor", 86),
            ("nome opcao", 92),
            ("titulo", 84),
            ("nome produto", 84),
            ("item nome", 84),
            ("adicional descricao", 88),
            ("opcao", 80),
        ],
    ),
    (
        C::PartPrice,
        &[
            ("preco unitario", 95),
            ("unitario valor", 95),
            ("preco", 93),
            ("valor", 90),
            ("adicional preco", 93),
            ("adicional valor", 92),
        ],
    ),
    (
        C::OwnName,
        &[
            ("nome", 95),
            ("fantasia nome", 97),
            ("nome completo", 90),
            ("nome primeiro", 82),
            ("razao social", 80),
            ("descricao", 80),
            ("fantasia", 85),
            ("titulo", 85),
            ("exibicao nome", 88),
            ("full nome", 90),
            // `ds_produto` in the table of products.
            ("produto", 82),
            ("cliente", 80),
            ("empresa", 80),
            ("loja", 80),
        ],
    ),
];

/// Every listed name.
pub fn all() -> impl Iterator<Item = (&'static str, u8)> {
    NAMES.iter().flat_map(|(_, names)| names.iter().copied())
}
