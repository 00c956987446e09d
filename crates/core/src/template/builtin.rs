//! The texts that ship with Zapgres: what a shop sends as long as it has written none of its own.

/// The texts of an event, for the customer, the shop and the courier.
macro_rules! texts {
    ($event:literal) => {
        Texts {
            event: $event,
            customer: include_str!(concat!("../../templates/", $event, ".customer.pt-BR.txt")),
            shop: include_str!(concat!("../../templates/", $event, ".shop.pt-BR.txt")),
            courier: include_str!(concat!("../../templates/", $event, ".courier.pt-BR.txt")),
        }
    };
}

struct Texts {
    event: &'static str,
    customer: &'static str,
    shop: &'static str,
    courier: &'static str,
}

/// Of any status that has no event of its own.
const STATUS_CHANGED: Texts = texts!("order_status_changed");

const EVENTS: [Texts; 9] = [
    texts!("order_received"),
    texts!("order_accepted"),
    texts!("order_paid"),
    texts!("order_in_preparation"),
    texts!("order_ready"),
    texts!("order_out_for_delivery"),
    texts!("order_delivered"),
    texts!("order_cancelled"),
    STATUS_CHANGED,
];

/// The text that ships with Zapgres for an event and an audience. Other events than those of orders are told like a change of
/// the status; other audiences have none: nobody knows what they may read. There is one language so far, whatever the tag:
/// Portuguese of Brazil.
#[must_use]
pub fn builtin(event: &str, audience: &str, _locale: &str) -> Option<&'static str> {
    let texts = EVENTS.iter().find(|texts| texts.event == event);
    let texts = texts.unwrap_or(&STATUS_CHANGED);
    match audience {
        "customer" => Some(texts.customer),
        "shop" => Some(texts.shop),
        "courier" => Some(texts.courier),
        _ => None,
    }
}

/// Letters that a misspelt event differs in, at most.
const MISSPELT_LETTERS_MAX: usize = 2;
/// What an event is called that a status without an event of its own is.
const STATUS_EVENT: &str = "order_status:";

/// The event with a text of its own that a name of another may be a misspelling of.
#[must_use]
pub fn misspelt(event: &str) -> Option<&'static str> {
    if is_builtin(event) {
        return None;
    }
    let distance = |texts: &Texts| strsim::osa_distance(event, texts.event);
    let nearest = EVENTS.iter().min_by_key(|texts| distance(texts))?;
    (distance(nearest) <= MISSPELT_LETTERS_MAX).then_some(nearest.event)
}

/// Whether an event is one that the texts are made for; others are announced by the shop's own tables or application.
#[must_use]
pub fn is_builtin(event: &str) -> bool {
    event.starts_with(STATUS_EVENT) || EVENTS.iter().any(|texts| texts.event == event)
}

#[cfg(test)]
mod tests {
    use super::misspelt;

    /// O6: an event of one's own is none of ours misspelt.
    #[test]
    fn misspelt_events_are_recognised() {
        let cases = [
            ("order_recieved", Some("order_received")),
            ("order_redy", Some("order_ready")),
            ("order_canceled", Some("order_cancelled")),
            ("order_ready", None),
            ("order_status:paid", None),
            ("table_free", None),
            ("order_late", None),
        ];
        for (event, expected) in cases {
            assert_eq!(misspelt(event), expected, "{event}");
        }
    }
}
