import CVitrinePlugin
import Wire

/// A compiled model that the manifest names.
public struct ModelHandle: Sendable, Equatable {
    /// The name within the plugin, as in the manifest.
    public let name: String
    let raw: vt_model
}

/// How urgent an inference job is, most urgent first. Overload sheds from the other end.
public enum InferencePriority: Int32, Sendable, CaseIterable {
    /// The final result of an utterance or a turn that somebody waits for.
    case final = 0
    /// Part of answering what was just said or shown.
    case interactive = 1
    /// A partial result that the next one replaces.
    case partial = 2
    /// One picture of a camera feed.
    case video = 3
    /// Warm-up, probes, indexing.
    case background = 4
}

public enum LogLevel: Int32, Sendable {
    case debug = 0
    case info = 1
    case warning = 2
    case error = 3
}

/// What the host offers an instance, whatever stream it works for.
///
/// `model`, `modelPath` and `configuration` are for the instance's loop (call them in `init`); `nowUs`, `log` and `count`
/// may be called on any thread.
public struct HostServices: Sendable {
    let calls: HostCalls

    /// - Throws: NOT_FOUND when the manifest has no model of that name.
    public func model(_ name: String) throws(PluginError) -> ModelHandle {
        let raw = calls.table.pointee.model(calls.instance, name)
        guard raw != 0 else { throw PluginError(.notFound, "the manifest names no model \"\(name)\"") }
        return ModelHandle(name: name, raw: raw)
    }

    /// The model's file, for vocabularies and tables that lie beside it.
    /// - Throws: NOT_FOUND when the manifest has no model of that name.
    public func modelPath(_ name: String) throws(PluginError) -> String {
        guard let path = calls.table.pointee.model_path(calls.instance, name) else {
            throw PluginError(.notFound, "the manifest names no model \"\(name)\"")
        }
        return String(cString: path)
    }

    /// The value of an option of the manifest, its default included; nil when the manifest has no such option.
    public func configuration(_ key: String) -> String? {
        calls.table.pointee.config(calls.instance, key).map { String(cString: $0) }
    }

    /// The host's clock, microseconds; it can be virtual. The only clock a plugin may use.
    public var nowUs: UInt64 { calls.nowUs() }

    public func log(_ level: LogLevel, _ message: String) {
        calls.table.pointee.log(calls.instance, level.rawValue, message)
    }

    /// Adds `amount` to the counter `metric` (lower case, digits and '_'); the host adds the plugin's name.
    public func count(_ metric: String, by amount: Double = 1) {
        calls.table.pointee.metric_add(calls.instance, metric, amount)
    }
}
