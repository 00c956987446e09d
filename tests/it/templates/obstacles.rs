//! What a preview says would keep a message is what keeps it.

use crate::cluster::plain;
use crate::delivery::stand::Stand;
use crate::shop::item;
use crate::wait;

/// Something that keeps messages: what brings it about, what takes it away, and the code.
struct Obstacle {
    begin: &'static str,
    end: &'static str,
    code: &'static str,
}

/// Each, in no order.
const OBSTACLES: [Obstacle; 14] = [
    Obstacle {
        begin: "update zap.template set body = '{{ order.id | bogus }}'",
        end: "update zap.template set body = '{{ order.id }}'",
        code: "template_error",
    },
    Obstacle {
        begin: "alter table pedidos alter telefone set default ' '",
        end: "alter table pedidos alter telefone set default '11987654321'",
        code: "no_phone",
    },
    Obstacle {
        begin: "alter table pedidos alter telefone set default '0800'",
        end: "alter table pedidos alter telefone set default '11987654321'",
        code: "invalid_phone",
    },
    Obstacle {
        begin: "update zap.channel set enabled = false",
        end: "update zap.channel set enabled = true",
        code: "no_channel",
    },
    Obstacle {
        begin: "insert into zap.recipient (tenant_id, address, opted_out_at) values ('1', '+5511987654321', now())",
        end: "delete from zap.recipient",
        code: "opted_out",
    },
    Obstacle {
        begin: "select zap.set_mode('shadow', event => 'order_received')",
        end: "select zap.set_mode('live', event => 'order_received')",
        code: "shadow",
    },
    Obstacle {
        begin: "update zap.tenant set enabled = false",
        end: "update zap.tenant set enabled = true",
        code: "tenant_disabled",
    },
    Obstacle {
        begin: "select zap.set_mode('off', tenant => '1')",
        end: "select zap.set_mode('live', tenant => '1')",
        code: "mode_off",
    },
    Obstacle {
        begin: "select zap.tell('pedido_itens', 'customer', enabled => false)",
        end: "select zap.tell('pedido_itens', 'customer')",
        code: "no_audience",
    },
    Obstacle {
        begin: "update zap.source set ready_when = 'false'",
        end: "update zap.source set ready_when = null",
        code: "not_ready",
    },
    Obstacle {
        begin: "alter table pedidos alter created_at set default now() - interval '3 days'",
        end: "alter table pedidos alter created_at set default now()",
        code: "too_old",
    },
    Obstacle {
        begin: "update zap.source set context_query = 'select 1/0'",
        end: "update zap.source set context_query = zap.propose('pedido_itens')",
        code: "context_error",
    },
    Obstacle {
        begin: "select zap.set_mode('off')",
        end: "select zap.set_mode('live')",
        code: "mode_off",
    },
    Obstacle {
        begin: "update zap.source set mode = 'off'",
        end: "update zap.source set mode = 'live'",
        code: "source_off",
    },
];

async fn place(stand: &Stand, key: u32) {
    let items = item(key);
    stand
        .session
        .run(&format!(
            "begin; insert into pedidos (id, empresa_id, nome, total) values ({key}, 1, 'Ana', 10); {items} commit"
        ))
        .await;
}

/// What intake has decided about an order.
async fn decided(stand: &Stand, key: u32) -> String {
    let reason = format!(
        "select reason from zap.notification_queue where subject = '{key}' and reason is not null"
    );
    let mut found = Vec::new();
    wait::until(&format!("order {key} is decided about"), async || {
        found = stand.session.column(&reason).await;
        !found.is_empty()
    })
    .await;
    found.remove(0)
}

/// O6, B5: of any two that are in the way, a preview names the one that intake finds first.
#[tokio::test]
async fn a_preview_names_what_intake_would_find_first() {
    let stand = Stand::open(plain()).await;
    let s = &stand.session;
    s.run("alter table pedidos alter telefone set default '11987654321'")
        .await;
    let _daemon = stand.daemon();
    let mut key = 0;
    for (place_of_one, one) in OBSTACLES.iter().enumerate() {
        for other in &OBSTACLES[place_of_one..] {
            let contradict = one.end == other.end && one.begin != other.begin;
            if contradict {
                continue;
            }
            key += 1;
            s.run(one.begin).await;
            if one.begin != other.begin {
                s.run(other.begin).await;
            }
            place(&stand, key).await;
            let promised = s
                .value(&format!("select code from zap.preview('{key}')"))
                .await;
            let kept = decided(&stand, key).await;
            assert_eq!(promised, kept, "{} and {}", one.code, other.code);
            assert!([one.code, other.code].contains(&kept.as_str()), "{kept}");
            s.run(&format!("{}; {}", one.end, other.end)).await;
            s.run("delete from zap.notification_queue").await;
        }
    }
}
