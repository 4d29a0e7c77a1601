/// What of a manifest depends on the plugin's options: outputs and models with "key=value" are there only when the option has that value.
extension PluginManifest {
    /// Whether a condition of this manifest holds. "" always does.
    /// - Parameter options: as configured; a key that is not among them has the manifest's default.
    public func holds(_ condition: String, with options: [String: String]) -> Bool {
        guard let (key, value) = Self.parts(of: condition) else { return condition.isEmpty }
        return (options[key] ?? self.options.first { $0.key == key }?.defaultValue) == value
    }

    /// Models that the plugin needs under these options.
    public func models(with options: [String: String]) -> [ModelRequirement] { models.filter { holds($0.when, with: options) } }

    /// What the plugin gives under these options.
    public func produces(with options: [String: String]) -> [OutputPort] { produces.filter { holds($0.when, with: options) } }

    /// Key and value of "key=value"; nil when it is none.
    public static func parts(of condition: String) -> (key: String, value: String)? {
        let parts = condition.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        return parts.count == 2 && !parts[0].isEmpty ? (parts[0], parts[1]) : nil
    }
}
