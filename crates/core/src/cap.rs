//! How many messages a channel may send per day: a cap, which a new number reaches in steps.

/// How a new number grows to its daily cap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WarmUp {
    /// Messages allowed on the first day.
    pub from: u32,
    /// Days until the whole cap is allowed.
    pub days: u32,
}

/// Messages allowed on the day `day_number` (0: the day the channel was added): on a straight line from `warm_up.from`
/// to `daily_cap`, rounded down.
#[must_use]
pub fn allowed(daily_cap: u32, warm_up: Option<WarmUp>, day_number: u32) -> u32 {
    let Some(WarmUp { from, days }) = warm_up.filter(|warm_up| day_number < warm_up.days) else {
        return daily_cap;
    };
    let from = from.min(daily_cap);
    let growth = u64::from(daily_cap - from) * u64::from(day_number) / u64::from(days);
    from + u32::try_from(growth).unwrap_or(daily_cap - from)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// O4: a new number begins with few messages and reaches its cap evenly.
    #[test]
    fn a_new_number_reaches_its_cap_in_even_steps() {
        let warm_up = Some(WarmUp { from: 20, days: 4 });
        let days: Vec<u32> = (0..6).map(|day| allowed(100, warm_up, day)).collect();
        assert_eq!(days, [20, 40, 60, 80, 100, 100]);
        assert_eq!(allowed(100, None, 0), 100);
        assert_eq!(allowed(100, Some(WarmUp { from: 20, days: 0 }), 0), 100);
    }

    proptest! {
        #[test]
        fn it_never_shrinks_and_never_exceeds_the_cap(
            daily_cap in any::<u32>(), from in any::<u32>(), days in any::<u32>(), day in any::<u32>(),
        ) {
            let on = |day| allowed(daily_cap, Some(WarmUp { from, days }), day);
            prop_assert!(on(day) <= on(day.saturating_add(1)));
            prop_assert!(on(day) <= daily_cap && on(day) >= from.min(daily_cap));
            prop_assert_eq!(on(days), daily_cap);
        }
    }
}
