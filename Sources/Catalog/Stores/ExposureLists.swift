import Glibc

/// What was known of a product that was shown, as the event log keeps it: "name=amount name=amount …", by name.
enum SignalText {
    static func write(_ signals: [String: Float]) -> String {
        signals.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
    }

    /// What is no number is left out.
    static func read(_ text: String) -> [String: Float] {
        var signals: [String: Float] = [:]
        for pair in text.split(separator: " ") {
            let parts = pair.split(separator: "=", maxSplits: 1)
            if parts.count == 2, let amount = Float(parts[1]), amount.isFinite { signals[String(parts[0])] = amount }
        }
        return signals
    }
}

/// Lists of products that customers were shown, each with what was known of it and what became of it: what weights are learnt from.
public struct ExposureLists: Sendable, Equatable {
    public struct Shown: Sendable, Equatable {
        public var productID: String
        /// From 1.
        public var place: Int
        /// By name, before any weight; "popularity" is how much everybody had turned to it by then, from 0 to 1.
        public var signals: [String: Float]
        /// What its customer then did with it: 0 nothing, 1 clicked, 2 liked or put into the cart, 3 bought.
        public var gain: Int
    }

    public struct List: Sendable, Equatable {
        /// A number in the place of a name.
        public var customer: String
        public var shown: [Shown]
    }

    public static let popularity = "popularity"
    private static let gains = ["click": 1, "like": 2, "add_to_cart": 2, "buy": 3]

    /// In the order of time; lists of one product, which choose nothing, are left out.
    public private(set) var lists: [List] = []

    /// - Parameter events: oldest first; only exposures with signals count.
    public init(_ events: [CustomerEvent]) {
        var customers: [String: Int] = [:]
        var turnedTo: [String: Int] = [:]
        var most = 0
        // Where a customer last saw a product.
        var latest: [String: (list: Int, place: Int)] = [:]
        var previous: CustomerEvent?
        for event in events {
            defer { previous = event }
            let key = "\(event.customer)\n\(event.productID)"
            guard event.kind == "exposure" || event.kind.hasPrefix("exposure:") else {
                if let gain = Self.gains[event.kind], let seen = latest[key] {
                    lists[seen.list].shown[seen.place].gain = max(lists[seen.list].shown[seen.place].gain, gain)
                }
                if BehaviourSequences.kinds.contains(event.kind) {
                    turnedTo[event.productID, default: 0] += 1
                    most = max(most, turnedTo[event.productID] ?? 0)
                }
                continue
            }
            guard !event.signals.isEmpty else { continue }
            let number = customers[event.customer] ?? customers.count + 1
            customers[event.customer] = number
            // One list is written at once, its places rising.
            if previous?.customer != event.customer || previous?.kind != event.kind || (previous?.quantity ?? 0) >= event.quantity || lists.isEmpty {
                lists.append(List(customer: "\(number)", shown: []))
            }
            var signals = event.signals
            signals[Self.popularity] = most > 0 ? log1p(Float(turnedTo[event.productID] ?? 0)) / log1p(Float(most)) : 0
            latest[key] = (lists.count - 1, lists[lists.count - 1].shown.count)
            lists[lists.count - 1].shown.append(Shown(productID: event.productID, place: event.quantity, signals: signals, gain: 0))
        }
        lists.removeAll { $0.shown.count < 2 }
    }
}
