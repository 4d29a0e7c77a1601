import PluginKit

/// Results of several operations that belong together, as they come back.
final class Gathering<Value> {
    private var values: [Value?]
    private var missing: Int
    private var isOver = false

    init(count: Int) {
        values = Array(repeating: nil, count: count)
        missing = count
    }

    /// - Returns: all values in their order once the last has come, or the first failure; nil otherwise.
    func add(_ index: Int, _ result: Result<Value, PluginError>) -> Result<[Value], PluginError>? {
        guard !isOver else { return nil }
        switch result {
        case .success(let value):
            values[index] = value
            missing -= 1
            guard missing == 0 else { return nil }
            isOver = true
            return .success(values.compactMap(\.self))
        case .failure(let error):
            isOver = true
            return .failure(error)
        }
    }
}
