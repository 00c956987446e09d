"""What is measured: the order workload under load, and single large or frequent statements."""

import dataclasses

from variants import NOT_PRELOADED, PRELOADED, REFERENCE, Work

OURS = (REFERENCE, PRELOADED, NOT_PRELOADED)

BULK_ORDERS, BULK_ITEMS = 30_000, 100_000
SINGLE_ORDERS, SINGLE_ITEMS = 3_000, 10_000
CHANGED_ORDERS = 150_000
ITEMS_PER_TRANSACTION = 10
"""As many as further_items.pgbench inserts."""


@dataclasses.dataclass(frozen=True)
class Settings:
    """How long and how often to measure."""

    seconds: int
    warm_up_s: int
    rounds: int
    old_orders: int


@dataclasses.dataclass(frozen=True)
class Commit:
    """What a COMMIT waits for: a name for headings, and options of the sessions."""

    name: str
    options: str


COMMITS = {
    "as-is": Commit("commits as they are", ""),
    # PostgreSQL's own way to make them longer: it waits before it flushes the log.
    "1ms": Commit("commits 1 ms longer", "-c commit_delay=1000 -c commit_siblings=0"),
    "off": Commit("commits not awaited", "-c synchronous_commit=off"),
}


@dataclasses.dataclass(frozen=True)
class LoadCase:
    """A pgbench script, measured in its transactions per second."""

    name: str
    script: str
    clients: int
    commit: Commit
    items: int
    new_orders: bool
    unit: str = "/s"

    def ratio(self, value, reference):
        """Share of the reference's rate for orders, multiple of its time for further items."""
        return value / reference if self.new_orders else reference / value

    def compares(self, variant):
        """The baseline is there for the order workload."""
        return self.new_orders or variant in OURS

    def arm(self, variant):
        """What puts a variant in place."""
        return variant.arm

    def prepare(self, server, settings):
        """Nothing: the script brings its own orders, or adds to the old ones."""

    def measure(self, server, settings):
        """Rate, and the work that was done for it (warm-up included)."""
        load = server.pgbench(
            self.script, clients=self.clients, seconds=settings.seconds, warm_up_s=settings.warm_up_s,
            options=self.commit.options, variables={"orders": settings.old_orders},
        )
        orders = load.transactions if self.new_orders else 0
        return load.per_second, Work(orders, orders, load.transactions * self.items)


@dataclasses.dataclass(frozen=True)
class StatementCase:
    """Statements for orders that are there already but have no items: one transaction, measured in seconds."""

    name: str
    orders: int
    items: int
    statements: tuple[str, ...]
    changes: int | None = None
    unit: str = " s"

    def ratio(self, value, reference):
        """Multiple of the reference's time."""
        return value / reference

    def compares(self, variant):
        """The baseline is there for the order workload. (It would announce no order whose items are one statement's.)"""
        return variant in OURS

    def arm(self, variant):
        """What puts a variant in place."""
        return variant.arm if self.changes is None else variant.arm_status

    def prepare(self, server, settings):
        """The orders."""
        insert_orders(server, self.orders)

    def measure(self, server, settings):
        """Seconds from before the first statement until after COMMIT, without the start of psql."""
        lines = ["select clock_timestamp() as began \\gset", "begin;", *self.statements, "commit;"]
        lines.append("select extract(epoch from clock_timestamp() - :'began'::timestamptz);")
        duration_s = server.psql("--file=-", f"--set=first={settings.old_orders + 1}", text="\n".join(lines))
        transactions = 0 if self.changes == 0 else 1
        return float(duration_s), Work(transactions, self.orders, self.items, self.changes)


@dataclasses.dataclass(frozen=True)
class StatusLoadCase:
    """A pgbench script that changes orders which are there already, each its own order, in transactions per second."""

    name: str
    script: str
    clients: int
    commit: Commit
    is_event: bool
    unit: str = "/s"

    def ratio(self, value, reference):
        """Share of the reference's rate for changes of status, multiple of its time for other changes."""
        return value / reference if self.is_event else reference / value

    def compares(self, variant):
        """The baseline is there for the order workload."""
        return variant in OURS

    def arm(self, variant):
        """What puts a variant in place."""
        return variant.arm_status

    def prepare(self, server, settings):
        """More orders than can be changed meanwhile: then there would be fewer events than transactions, and a complaint."""
        insert_orders(server, CHANGED_ORDERS)

    def measure(self, server, settings):
        """Rate, and the work that was done for it (warm-up included)."""
        load = server.pgbench(
            self.script, clients=self.clients, seconds=settings.seconds, warm_up_s=settings.warm_up_s,
            options=self.commit.options, variables={"orders": settings.old_orders, "clients": self.clients, "n": 0},
        )
        changes = load.transactions if self.is_event else 0
        return load.per_second, Work(changes, CHANGED_ORDERS, 0, changes)


def insert_orders(server, count):
    """Orders without items."""
    rows = f"select 1, 1, 42.5 from generate_series(1, {count})"
    server.psql(text=f"insert into pedidos (empresa_id, cliente_id, total) {rows}")


def order_load(clients, commit):
    """The order workload of so many clients, each order one transaction; of "autocommit", each row one."""
    autocommit = clients == "autocommit"
    script = "order_autocommit.pgbench" if autocommit else "order.pgbench"
    name = "1, autocommit" if autocommit else clients
    count = 1 if autocommit else int(clients)
    return LoadCase(f"{name}; {commit.name}", script, count, commit, items=3, new_orders=True)


def bulk_insert():
    """One INSERT … SELECT of the items of many orders."""
    statement = (
        "insert into pedido_itens (pedido_id, produto, quantidade, preco) "
        f"select :first + g.n % {BULK_ORDERS}, 'X-Burger', 1, 22.5 from generate_series(0, {BULK_ITEMS - 1}) as g (n);"
    )
    return StatementCase("INSERT … SELECT of 100,000 items of 30,000 orders", BULK_ORDERS, BULK_ITEMS, (statement,))


def single_rows():
    """Many INSERTs of one row each, sent one after the other, in one transaction."""
    statements = tuple(
        "insert into pedido_itens (pedido_id, produto, quantidade, preco) "
        f"values (:first + {number % SINGLE_ORDERS}, 'X-Burger', 1, 22.5);"
        for number in range(SINGLE_ITEMS)
    )
    return StatementCase("10,000 INSERTs of 3,000 orders, one transaction", SINGLE_ORDERS, SINGLE_ITEMS, statements)


def further_item(commit):
    """An item more for an old order, in a transaction of its own."""
    name = f"further item of an old order, autocommit; {commit.name}"
    return LoadCase(name, "further_item.pgbench", 1, commit, items=1, new_orders=False)


def further_items(commit):
    """Items more for an old order, one transaction."""
    name = f"{ITEMS_PER_TRANSACTION} further items of an old order, one transaction; {commit.name}"
    return LoadCase(name, "further_items.pgbench", 1, commit, items=ITEMS_PER_TRANSACTION, new_orders=False)


def status_change(commit):
    """One UPDATE that gives an order a status, a transaction of its own."""
    return StatusLoadCase(f"UPDATE of a status, autocommit, 32 clients; {commit.name}", "status.pgbench", 32, commit, is_event=True)


def status_transaction(commit):
    """The same as an application does it: it locks and reads the order first, and notes the change in another table."""
    name = f"change of a status, one transaction, 32 clients; {commit.name}"
    return StatusLoadCase(name, "status_transaction.pgbench", 32, commit, is_event=True)


def other_change(commit):
    """An UPDATE that leaves the status as it is."""
    return StatusLoadCase(f"UPDATE of another column, autocommit; {commit.name}", "other_change.pgbench", 1, commit, is_event=False)


def bulk_change():
    """One UPDATE of many orders, of which as large a share is an event as in the bulk INSERT."""
    statement = "update pedidos set status = case when id % 10 < 3 then 'pago' else 'em preparo' end where id >= :first;"
    return StatementCase("UPDATE of 100,000 orders, 30,000 of them events", BULK_ITEMS, 0, (statement,), BULK_ORDERS)


def bulk_event():
    """One UPDATE of many orders, each an event."""
    statement = "update pedidos set status = 'pago' where id >= :first;"
    return StatementCase("UPDATE of 100,000 orders, all of them events", BULK_ITEMS, 0, (statement,), BULK_ITEMS)


def bulk_other_change():
    """One UPDATE of many orders that leaves their status as it is."""
    statement = "update pedidos set total = total + 1 where id >= :first;"
    return StatementCase("UPDATE of another column of 100,000 orders", BULK_ITEMS, 0, (statement,), 0)
