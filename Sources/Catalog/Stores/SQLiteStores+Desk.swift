extension SQLiteStores: ServiceDesk {
    /// Characters of one detail of a request.
    public static let detailCharactersMax = 500
    /// Pieces of one product in a cart.
    public static let cartQuantityMax = 99

    nonisolated(nonsending) public func submit(
        _ request: ServiceRequest, expectedVersion: Int64, timeUs: UInt64, idempotencyKey: String, as principal: Principal
    ) async throws(StoreError) -> ServiceReceipt {
        let user = try identified(principal)
        try Self.check(key: idempotencyKey)
        for (name, value) in request.details.sorted(by: { $0.key < $1.key }) where value.count > Self.detailCharactersMax {
            throw StoreError(.invalidArgument, "\(name) has \(value.count) characters; at most \(Self.detailCharactersMax) are allowed")
        }
        return try await database.write("store service request") { [shop] (connection) throws(StoreError) in
            let operation = "\(request.kind.rawValue) \(request.orderID) \(request.productID)"
            let answer = try Self.once(connection, operation, key: idempotencyKey, user: user) { () throws(StoreError) in
                let number = try Self.perform(request, expectedVersion, timeUs, user, connection, shop: shop, principal: principal)
                return String(number)
            }
            let order = request.orderID.isEmpty ? nil : try Self.find(request.orderID, connection, shop: shop, principal: principal)
            return ServiceReceipt(number: try Self.number(answer), request: request, order: order)
        }
    }

    nonisolated(nonsending) public func requests(of principal: Principal, limit: Int) async throws(StoreError) -> [ServiceReceipt] {
        let user = try identified(principal)
        return try await database.read("store requests") { (connection) throws(StoreError) in
            let sql = "SELECT number, kind, order_id, product_id, details FROM requests WHERE user = ? ORDER BY number DESC LIMIT ?"
            return try connection.rows(sql, [.text(user), Self.rows(limit)]) { (row) throws(StoreError) in
                guard let kind = ServiceRequest.Kind(rawValue: row.text(1)) else {
                    throw StoreError(.corrupted, "a stored request is of the unknown kind \"\(row.text(1).prefix(40))\"")
                }
                let details = try StoredJSON.decode([String: String].self, row.text(4), what: "a request")
                let request = ServiceRequest(kind: kind, orderID: row.text(2), productID: row.text(3), details: details)
                return ServiceReceipt(number: row.integer(0), request: request)
            }
        }
    }

    private static func perform(
        _ request: ServiceRequest, _ expectedVersion: Int64, _ timeUs: UInt64, _ user: String, _ connection: Connection, shop: String,
        principal: Principal
    ) throws(StoreError) -> Int64 {
        if request.orderStates.isEmpty {
            guard try !connection.rows("SELECT 1 FROM products WHERE id = ?", [.text(request.productID)], { $0.int(0) }).isEmpty else {
                throw StoreError(.notFound, "no product \"\(request.productID.prefix(64))\"")
            }
            if request.kind == .cart { try addToCart(request, user, connection) }
        } else {
            try change(request, expectedVersion, connection, shop: shop, principal: principal)
        }
        try connection.run(
            "INSERT INTO requests(user, kind, order_id, product_id, details, time_us) VALUES(?, ?, ?, ?, ?, ?)",
            [
                .text(user), .text(request.kind.rawValue), .text(request.orderID), .text(request.productID),
                .text(try StoredJSON.encode(request.details)), .integer(Int64(clamping: timeUs)),
            ])
        return connection.lastInsertedKey
    }

    private static func change(
        _ request: ServiceRequest, _ expectedVersion: Int64, _ connection: Connection, shop: String, principal: Principal
    ) throws(StoreError) {
        var order = try find(request.orderID, connection, shop: shop, principal: principal)
        guard order.version == expectedVersion else {
            throw StoreError(.conflict, "order \(order.id) is at version \(order.version), not \(expectedVersion)")
        }
        guard request.orderStates.contains(order.status) else {
            throw StoreError(
                .failedPrecondition, "order \(order.id) is \(order.status); this needs one that is \(request.orderStates.joined(separator: " or "))")
        }
        // One way back at a time: what is being returned is not also exchanged.
        if request.kind == .returning || request.kind == .exchange {
            let sql = "SELECT 1 FROM requests WHERE order_id = ? AND kind IN ('return', 'exchange')"
            guard try connection.rows(sql, [.text(order.id)], { $0.int(0) }).isEmpty else {
                throw StoreError(.failedPrecondition, "a return or an exchange of order \(order.id) is under way")
            }
        }
        if request.kind == .cancel { order.status = "cancelled" }
        if request.kind == .address, let address = request.details["address"] { order.city = address }
        order.version += 1
        try connection.run(
            "UPDATE orders SET status = ?, json = ?, version = ? WHERE id = ?",
            [.text(order.status), .text(try StoredJSON.encode(order)), .integer(order.version), .text(order.id)])
    }

    private static func addToCart(_ request: ServiceRequest, _ user: String, _ connection: Connection) throws(StoreError) {
        let said = request.details["quantity"] ?? "1"
        guard let quantity = Int(said), (1...cartQuantityMax).contains(quantity) else {
            throw StoreError(.invalidArgument, "a quantity is from 1 to \(cartQuantityMax), not \"\(said.prefix(40))\"")
        }
        let key: [SQLValue] = [.text(user), .text(request.productID)]
        let there = try connection.rows("SELECT quantity FROM carts WHERE user = ? AND product_id = ?", key) { $0.int(0) }.first ?? 0
        let stock = try connection.rows("SELECT stock FROM products WHERE id = ?", [.text(request.productID)]) { $0.int(0) }.first ?? 0
        let all = there + quantity
        guard all <= min(stock, cartQuantityMax) else {
            throw StoreError(
                .failedPrecondition, "\(there) of \(request.productID) are in the cart and \(stock) in stock: \(quantity) more are too many")
        }
        try connection.run("INSERT OR REPLACE INTO carts(user, product_id, quantity) VALUES(?, ?, ?)", key + [.int(all)])
    }
}
