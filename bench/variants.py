"""The triggers that are compared, and the proof that each did its work."""

import dataclasses
import typing

from server import BenchmarkError

CHANNELS = ("zapgres", "baseline")

# Counts only what came after the old orders, which have the ids up to this number and three items each.
COUNTS = """
select
    (select count(*) from public.pedidos where id > {old}),
    (select count(*) from public.pedido_itens where id > 3 * {old}),
    (select count(*) from zap.notification_queue),
    (select count(*) from zap.notification_queue as q inner join public.pedidos as p
        on p.id > {old} and q.subject = p.id::text and q.event = '{event}'),
    (select count(*) from baseline.notification_queue where pedido_id > {old}),
    (select count(*) from zap.missed) + (select count(*) from zap.capture_gap)
    + (select count(*) from baseline.notification_logs where level = 'error')
"""


@dataclasses.dataclass(frozen=True)
class Work:
    """What a run did: transactions that brought something to announce, orders, items, changes of status."""

    transactions: int
    orders: int
    items: int
    changes: int | None = None
    """None: the orders are what is announced."""

    @property
    def announced(self):
        """How many events it was."""
        return self.orders if self.changes is None else self.changes

    @property
    def event(self):
        """Which."""
        return "order_received" if self.changes is None else "order_paid"


@dataclasses.dataclass(frozen=True)
class Variant:
    """A way to find out about new orders."""

    name: str
    server: str
    arm: str
    """SQL that puts it in place after a reset."""
    arm_status: str
    """The same for changes of status."""
    queue: str | None
    """Whose queue has a row per order afterwards."""
    notifications: typing.Callable[[Work], tuple[int, int]]
    """How many notifications a listener hears, at least and at most."""

    def verify(self, server, work, old_orders, heard):
        """Fails when it did less, or more, than it should have."""
        found = [int(count) for count in server.row(COUNTS.format(old=old_orders, event=work.event))]
        ours = work.announced if self.queue == "zap" else 0
        baseline = work.orders if self.queue == "baseline" else 0
        expected = [work.orders, work.items, ours, ours, baseline, 0]
        if found != expected:
            raise BenchmarkError(
                f"{self.name}: orders, items, queued, queued of these orders and this event, queued by the baseline, errors: "
                f"{found} instead of {expected}"
            )
        least, most = self.notifications(work)
        if not least <= heard <= most:
            raise BenchmarkError(f"{self.name}: {heard} notifications heard instead of {least} to {most}")


def silent(_work):
    """Nobody notifies."""
    return 0, 0


ATTACH = "select zap.attach('public.pedido_itens') \\g /dev/null"
ATTACH_STATUS = (
    "select zap.attach_status('public.pedidos', 'status', '{\"pago\": \"order_paid\", \"pronto\": \"order_ready\"}') \\g /dev/null"
)
BASELINE = """create trigger baseline after insert on public.pedido_itens
    for each row execute function baseline.notify_after_items('{}')"""

REFERENCE = Variant("no trigger", "preloaded", "", "", None, silent)
PRELOADED = Variant(
    "preloaded", "preloaded", ATTACH, ATTACH_STATUS, "zap", lambda work: (min(work.announced, 1), work.transactions)
)
NOT_PRELOADED = Variant(
    "not preloaded", "plain", ATTACH, ATTACH_STATUS, "zap", lambda work: (work.transactions, work.transactions)
)
BASELINE_QUIET = Variant("baseline quiet", "preloaded", BASELINE.format("quiet"), "", "baseline", silent)
BASELINE_NOTIFY = Variant(
    "baseline notify", "preloaded", BASELINE.format("notify"), "", "baseline", lambda work: (work.orders, work.orders)
)
# The two servers must be equally fast.
OTHER_REFERENCE = Variant("no trigger, not preloaded", "plain", "", "", None, silent)

ALL = (REFERENCE, PRELOADED, NOT_PRELOADED, BASELINE_QUIET, BASELINE_NOTIFY, OTHER_REFERENCE)
