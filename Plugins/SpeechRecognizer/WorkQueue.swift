/// What waits on a stream for its turn, first come, first served. Taking the first costs the same however many wait.
struct WorkQueue<Item> {
    private var items: [Item?] = []
    private var first = 0

    var isEmpty: Bool { first == items.count }
    var count: Int { items.count - first }
    var last: Item? { isEmpty ? nil : items[items.count - 1] }

    mutating func append(_ item: Item) { items.append(item) }

    mutating func popFirst() -> Item? {
        guard !isEmpty else { return nil }
        defer {
            items[first] = nil
            first += 1
            // Each item is moved at most once for every item that was taken.
            if first * 2 > items.count {
                items.removeFirst(first)
                first = 0
            }
        }
        return items[first]
    }

    mutating func removeAll() { (items, first) = ([], 0) }
}
