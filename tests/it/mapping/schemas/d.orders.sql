insert into orders (id, "storeId", "orderNumber", "customerName", "customerPhone", "totalCents", "deliveryFeeCents", "discountCents", "paymentMethod") values
    (1, 5, 900, 'Mary Jones', '+55 11 98765-4321', 4550, 599, -100, 'card');
insert into order_items (id, "orderId", "productName", quantity, "unitPriceCents") values (1, 1, 'Cheeseburger', 2, 1850), (2, 1, 'Soda', 1, 351);
