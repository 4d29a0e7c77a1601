import Foundation
import Recording
import Wire

/// JSON objects with their keys in order.
enum JSON {
    static func object(_ fields: [String: Any]) -> String {
        guard JSONSerialization.isValidJSONObject(fields),
            let data = try? JSONSerialization.data(withJSONObject: fields, options: [.sortedKeys, .withoutEscapingSlashes])
        else { preconditionFailure("invariant: only strings, numbers, lists and objects are given") }
        return String(decoding: data, as: UTF8.self)
    }
}

/// A record as a JSON line: what `vitrine recording show --json` prints.
enum RecordingJSON {
    static func line(_ entry: RecordedEntry) -> String {
        var fields: [String: Any] = ["time_us": entry.timeUs, "offset": entry.offset]
        var message: String?
        switch entry.what {
        case .frame(let direction, _, let withheld, let bytes):
            fields["direction"] = direction == .in ? "in" : "out"
            if withheld != .nothing {
                fields["withheld"] = withheld.words
                fields["withheld_bytes"] = bytes
            }
            message = json(entry.message)
        case .sealed(let direction, let bytes):
            fields["direction"] = direction == .in ? "in" : direction == .out ? "out" : "outside"
            fields["sealed_bytes"] = bytes
        case .outside(let name, let said, _):
            fields["direction"] = "outside"
            fields["outside"] = name
            fields["bytes"] = said.count
        case .read(let read):
            fields["direction"] = "read"
            message = try? read.json()
        case .sealedRead: fields["direction"] = "read"
        case .marker(let marker):
            fields["direction"] = "marker"
            message = try? marker.json()
        }
        let object = JSON.object(fields)
        return message.map { "\(object.dropLast()),\"message\":\($0)}" } ?? object
    }

    /// Without pictures and samples.
    private static func json(_ message: RecordedMessage?) -> String? {
        switch message {
        case .client(var message):
            switch message.kind {
            case .audio(var chunk):
                chunk.samples = []
                message.kind = .audio(chunk)
            case .image(var part):
                part.data = []
                message.kind = .image(part)
            case .video(var frame):
                frame.data = []
                message.kind = .video(frame)
            default: break
            }
            return try? message.json()
        case .server(var message):
            if case .audio(var chunk) = message.kind {
                chunk.samples = []
                message.kind = .audio(chunk)
            }
            return try? message.json()
        case .control(let kind): return try? Frame(kind: kind).json()
        case .broken, nil: return nil
        }
    }
}
