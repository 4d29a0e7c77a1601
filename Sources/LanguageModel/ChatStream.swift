import Agents
import Foundation

/// An answer of an OpenAI-compatible chat endpoint, as its bytes come: server-sent events, each a "chat.completion.chunk", and "[DONE]".
struct ChatStream {
    private struct Chunk: Decodable {
        struct Choice: Decodable {
            struct Delta: Decodable { var content: String? }
            var delta: Delta?
            var finish_reason: String?
        }
        struct Failure: Decodable { var message: String? }
        var choices: [Choice]?
        var error: Failure?
    }

    private var events = ServerSentEvents()
    private let decoder = JSONDecoder()
    /// How it ended; nil = it has not.
    private(set) var end: ChatEnd?

    /// The pieces of text in these bytes.
    mutating func add(_ bytes: some Sequence<UInt8>) -> [String] {
        var pieces: [String] = []
        for event in events.add(bytes) where end == nil {
            if event.elementsEqual("[DONE]".utf8) {
                end = .complete
                break
            }
            guard let chunk = try? decoder.decode(Chunk.self, from: Data(event)) else {
                end = .failed("an event that is no chat completion")
                break
            }
            if let error = chunk.error {
                end = .failed("the endpoint says: \((error.message ?? "an error").prefix(200))")
                break
            }
            if let text = chunk.choices?.first?.delta?.content, !text.isEmpty { pieces.append(text) }
            // "stop" is said before "[DONE]", which some endpoints leave out.
            if let reason = chunk.choices?.first?.finish_reason { end = ["length", "content_filter"].contains(reason) ? .cutOff : .complete }
        }
        if events.isTooLong, end == nil { end = .failed("an event of more than \(ServerSentEvents.eventBytesMax) bytes") }
        return pieces
    }

    /// What is asked, as JSON.
    static func request(_ prompt: ChatPrompt, model: String) -> String {
        struct Message: Encodable {
            var role: String
            var content: String
        }
        struct Body: Encodable {
            var model: String
            var messages: [Message]
            var stream = true
            var max_tokens: Int
            var temperature = 0
            var seed = 1
        }
        let body = Body(
            model: model, messages: [Message(role: "system", content: prompt.system), Message(role: "user", content: prompt.user)],
            max_tokens: prompt.tokensMax)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let bytes = try? encoder.encode(body) else { preconditionFailure("strings and numbers are always JSON") }
        return String(decoding: bytes, as: UTF8.self)
    }
}
