//! What a transaction has captured so far: a set of keys that remembers savepoints.
use std::collections::HashMap;
use std::hash::Hash;

use indexmap::IndexMap;

/// Number that PostgreSQL gives a subtransaction; grows within a transaction, 1 is the transaction itself.
pub type SubtransactionId = u32;

/// Transaction id as rows carry it, 32 bits; savepoints have ids of their own.
pub type TransactionId = u32;

/// Index of a source in the capturing session's list.
pub type SourceIndex = usize;

/// Number of the command that wrote a row; grows within a transaction.
pub type CommandNumber = u32;

/// Keys beyond this many are written at once instead of before COMMIT, so that memory stays bounded.
pub const FLUSH_EARLY_AT: usize = 100_000;

#[derive(Debug)]
struct Captured {
    /// Subtransaction of its first row.
    subtransaction: SubtransactionId,
    /// Subtransaction that wrote it; none: still to be written.
    flushed_in: Option<SubtransactionId>,
    /// Command that wrote its first row.
    command: CommandNumber,
}

/// What a subject of the set is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Subject<K> {
    /// An order with a new item.
    Order(SourceIndex, K),
    /// A source was silent (`zap.enabled = off`) while rows were written under this transaction id.
    Gap(SourceIndex, TransactionId),
}

impl<K> Subject<K> {
    const fn source(&self) -> SourceIndex {
        let (Self::Order(source, _) | Self::Gap(source, _)) = self;
        *source
    }
}

/// What is to be written for one source.
#[derive(Debug)]
pub struct Batch<K> {
    /// The source.
    pub source: SourceIndex,
    /// Keys with new items, sorted.
    pub keys: Vec<K>,
    /// Transaction ids under which the source was silent.
    pub gaps: Vec<TransactionId>,
}

/// Keys in order of capture. Subtransaction ids only grow, so what a savepoint captured is always at the end.
#[derive(Debug)]
pub struct Pending<K> {
    captured: IndexMap<Subject<K>, Captured>,
    unflushed: usize,
    latest_flush: Option<SubtransactionId>,
    /// Something was written: the daemon is to be woken after COMMIT.
    pub wake: bool,
}

impl<K> Default for Pending<K> {
    fn default() -> Self {
        Self {
            captured: IndexMap::new(),
            unflushed: 0,
            latest_flush: None,
            wake: false,
        }
    }
}

impl<K: Clone + Eq + Hash + Ord> Pending<K> {
    /// True when the transaction has not captured anything.
    #[must_use]
    pub fn is_untouched(&self) -> bool {
        self.captured.is_empty() && !self.wake
    }

    /// Number of keys still to be written.
    #[must_use]
    pub fn unflushed(&self) -> usize {
        self.unflushed
    }

    /// Remembers an order of `source`; false when it was known already.
    pub fn add(
        &mut self,
        source: SourceIndex,
        key: K,
        command: CommandNumber,
        now_in: SubtransactionId,
    ) -> bool {
        self.insert(Subject::Order(source, key), command, now_in)
    }

    /// Remembers that `source` is silent about a row written under `transaction`.
    pub fn add_gap(
        &mut self,
        source: SourceIndex,
        transaction: TransactionId,
        now_in: SubtransactionId,
    ) -> bool {
        self.insert(Subject::Gap(source, transaction), 0, now_in)
    }

    fn insert(
        &mut self,
        subject: Subject<K>,
        command: CommandNumber,
        now_in: SubtransactionId,
    ) -> bool {
        let indexmap::map::Entry::Vacant(entry) = self.captured.entry(subject) else {
            return false;
        };
        entry.insert(Captured {
            subtransaction: now_in,
            flushed_in: None,
            command,
        });
        self.unflushed += 1;
        true
    }

    /// Takes what is to be written, by source, and marks it as written in `now_in`. The sources of one key are in the order of
    /// their commands: a trigger of the user's may have gone on to the next status before we saw the first.
    pub fn take_unflushed(&mut self, now_in: SubtransactionId) -> Vec<Batch<K>> {
        let mut taken: Vec<(CommandNumber, &Subject<K>)> = Vec::with_capacity(self.unflushed);
        for (subject, captured) in &mut self.captured {
            if captured.flushed_in.is_none() {
                captured.flushed_in = Some(now_in);
                taken.push((captured.command, subject));
            }
        }
        self.unflushed = 0;
        self.latest_flush = self.latest_flush.max(Some(now_in));
        taken.sort_by_key(|(command, _)| *command);
        let subjects: Vec<&Subject<K>> = taken.into_iter().map(|(_, subject)| subject).collect();
        batches_of(&subjects)
    }

    /// Forgets what was written, to bound the set; further rows of those orders find the queue row instead. In a savepoint
    /// only what was captured and written in the same one: that is undone together or not at all.
    pub fn forget_flushed(&mut self, is_in_savepoint: bool) {
        self.captured
            .retain(|_, captured| match captured.flushed_in {
                Some(flushed_in) => is_in_savepoint && flushed_in != captured.subtransaction,
                None => true,
            });
    }

    /// A savepoint was rolled back: its rows are gone, and so is what was written in it.
    pub fn roll_back(&mut self, to: SubtransactionId) {
        while let Some((_, captured)) = self.captured.last()
            && captured.subtransaction >= to
        {
            if captured.flushed_in.is_none() {
                self.unflushed -= 1;
            }
            self.captured.pop();
        }
        if self.latest_flush < Some(to) {
            return;
        }
        self.latest_flush = None;
        for captured in self.captured.values_mut() {
            if captured.flushed_in >= Some(to) {
                captured.flushed_in = None;
                self.unflushed += 1;
            }
            self.latest_flush = self.latest_flush.max(captured.flushed_in);
        }
    }
}

/// Batches in which, of several sources of one key, each is in a later one than those before it.
fn batches_of<K: Clone + Eq + Hash + Ord>(subjects: &[&Subject<K>]) -> Vec<Batch<K>> {
    let mut batches: IndexMap<(usize, SourceIndex), Batch<K>> = IndexMap::new();
    let mut rounds: HashMap<&K, usize> = HashMap::new();
    let is_of_one_source = subjects
        .windows(2)
        .all(|pair| pair[0].source() == pair[1].source());
    for subject in subjects {
        let source = subject.source();
        let round = match subject {
            Subject::Order(_, key) if !is_of_one_source => {
                let next = rounds.entry(key).or_default();
                *next += 1;
                *next - 1
            }
            Subject::Order(..) | Subject::Gap(..) => 0,
        };
        let batch = batches.entry((round, source)).or_insert_with(|| Batch {
            source,
            keys: Vec::new(),
            gaps: Vec::new(),
        });
        match subject {
            Subject::Order(_, key) => batch.keys.push(key.clone()),
            Subject::Gap(_, transaction) => batch.gaps.push(*transaction),
        }
    }
    batches.sort_by_key(|(round, _), _| *round);
    let mut batches: Vec<Batch<K>> = batches.into_values().collect();
    for batch in &mut batches {
        batch.keys.sort_unstable();
    }
    batches
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn keys(pending: &mut Pending<u32>, now_in: SubtransactionId) -> Vec<u32> {
        pending
            .take_unflushed(now_in)
            .into_iter()
            .flat_map(|batch| batch.keys)
            .collect()
    }

    /// O3: savepoint rolled back, then the item inserted again.
    #[test]
    fn a_rolled_back_savepoint_takes_its_keys_along() {
        let mut pending = Pending::default();
        pending.add(0, 1, 0, 1);
        pending.add(0, 2, 0, 2);
        pending.add(0, 3, 0, 3);
        pending.roll_back(2);
        assert!(pending.add(0, 2, 0, 4));
        assert_eq!(keys(&mut pending, 1), [1, 2]);
    }

    #[test]
    fn what_a_rolled_back_savepoint_wrote_is_written_again() {
        let mut pending = Pending::default();
        pending.add(0, 1, 0, 1);
        assert_eq!(keys(&mut pending, 2), [1]);
        pending.roll_back(2);
        assert_eq!(pending.unflushed(), 1);
        assert_eq!(keys(&mut pending, 1), [1]);
        assert_eq!(keys(&mut pending, 1), [0; 0]);
    }

    #[test]
    fn in_a_savepoint_only_its_own_keys_are_forgotten() {
        let mut pending = Pending::default();
        pending.add(0, 1, 0, 1);
        pending.add(0, 2, 0, 2);
        assert_eq!(keys(&mut pending, 2), [1, 2]);
        pending.forget_flushed(true);
        pending.roll_back(2);
        assert_eq!(keys(&mut pending, 1), [1]);
        pending.forget_flushed(false);
        assert!(pending.add(0, 1, 0, 1));
    }

    #[test]
    fn a_gap_is_kept_apart_from_the_keys() {
        let mut pending = Pending::default();
        assert!(pending.add_gap(7, 100, 1));
        assert!(!pending.add_gap(7, 100, 1));
        assert!(pending.add_gap(7, 101, 2));
        pending.add(3, 9, 0, 1);
        let batches = pending.take_unflushed(1);
        let [gaps, orders] = batches.as_slice() else {
            panic!("{batches:?}");
        };
        assert_eq!(
            (gaps.source, &gaps.keys[..], &gaps.gaps[..]),
            (7, &[][..], &[100, 101][..])
        );
        assert_eq!(
            (orders.source, &orders.keys[..], &orders.gaps[..]),
            (3, &[9][..], &[][..])
        );
    }

    /// O6: each key's sources are in the order of their commands, and no two batches are of one source without need.
    #[test]
    fn the_sources_of_a_key_keep_their_order() {
        let mut pending = Pending::default();
        for (source, key, command) in [(7, 1, 1), (7, 2, 4), (5, 2, 3), (5, 3, 5), (6, 1, 6)] {
            pending.add(source, key, command, 1);
        }
        let batches = pending.take_unflushed(1);
        let batches: Vec<_> = batches
            .iter()
            .map(|batch| (batch.source, &batch.keys[..]))
            .collect();
        let expected: [(_, &[u32]); 4] = [(7, &[1]), (5, &[2, 3]), (7, &[2]), (6, &[1])];
        assert_eq!(batches, expected);
    }

    #[derive(Clone, Debug)]
    enum Step {
        Insert(u32),
        Savepoint,
        Release,
        RollBack,
        Flush,
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            4 => (0_u32..6).prop_map(Step::Insert),
            2 => Just(Step::Savepoint),
            1 => Just(Step::Release),
            2 => Just(Step::RollBack),
            1 => Just(Step::Flush),
        ]
    }

    /// The plain model: a stack of (inserted, written) sets, merged on release, dropped on rollback.
    #[derive(Clone, Default)]
    struct Level {
        id: SubtransactionId,
        inserted: std::collections::BTreeSet<u32>,
        written: std::collections::BTreeSet<u32>,
    }

    proptest! {
        /// O3: whatever savepoints do, what is written at the end is what was inserted.
        #[test]
        fn after_any_savepoints_exactly_the_surviving_keys_are_written(steps in prop::collection::vec(step(), 0..60)) {
            let mut pending = Pending::default();
            let mut levels = vec![Level { id: 1, ..Level::default() }];
            let mut last_id = 1;
            for step in steps {
                match step {
                    Step::Insert(key) => {
                        let top = levels.last_mut().expect("one level at least");
                        pending.add(0, key, 0, top.id);
                        top.inserted.insert(key);
                    }
                    Step::Savepoint => {
                        last_id += 1;
                        levels.push(Level { id: last_id, ..Level::default() });
                    }
                    Step::Release if levels.len() > 1 => {
                        let top = levels.pop().expect("checked");
                        let below = levels.last_mut().expect("checked");
                        below.inserted.extend(top.inserted);
                        below.written.extend(top.written);
                    }
                    Step::RollBack if levels.len() > 1 => {
                        pending.roll_back(levels.pop().expect("checked").id);
                    }
                    Step::Flush => {
                        let top = levels.last_mut().expect("one level at least");
                        top.written.extend(keys(&mut pending, top.id));
                    }
                    Step::Release | Step::RollBack => {}
                }
            }
            let mut written: Vec<u32> = levels.iter().flat_map(|level| level.written.iter().copied()).collect();
            written.extend(keys(&mut pending, levels.last().expect("one").id));
            written.sort_unstable();
            let inserted: std::collections::BTreeSet<u32> =
                levels.iter().flat_map(|level| level.inserted.iter().copied()).collect();
            prop_assert_eq!(written, inserted.into_iter().collect::<Vec<_>>());
        }
    }
}
