-- English, camelCase, whole cents.
create table stores (id integer primary key, name text not null, phone text);
create table orders (
    id integer primary key, "storeId" integer references stores, "orderNumber" integer, "customerName" text, "customerPhone" text,
    status text default 'pending', "totalCents" integer, "deliveryFeeCents" integer, "discountCents" integer, "paymentMethod" text,
    "deliveryAddress" text, notes text, "createdAt" timestamp default now()
);
create table order_items (
    id integer primary key, "orderId" integer references orders, "productName" text, quantity integer, "unitPriceCents" integer, notes text
);
create index on order_items ("orderId");
insert into stores values (5, 'Burger House', '1133334444');
