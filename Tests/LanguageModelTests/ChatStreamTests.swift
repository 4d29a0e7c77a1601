import Agents
import Testing

@testable import LanguageModel

@Suite("Server-sent events")
struct ServerSentEventsTests {
    private func read(_ text: String, every count: Int) -> [String] {
        var events = ServerSentEvents()
        var found: [String] = []
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            found += events.add(rest.prefix(count)).map { String(decoding: $0, as: UTF8.self) }
            rest = rest.dropFirst(count)
        }
        return found
    }

    @Test("Events are the same, however the bytes come and lines end", arguments: [1, 2, 5, 1_000])
    func events(count: Int) {
        let text = ": hello\ndata: one\n\nevent: x\ndata:two\r\ndata: lines\r\n\r\nid: 7\n\ndata: three\r\rdata: torn"
        #expect(read(text, every: count) == ["one", "two\nlines", "three"])
    }

    @Test("An event without an end is given up")
    func endless() {
        var events = ServerSentEvents()
        let first = events.add(Array("data: ".utf8) + [UInt8](repeating: 97, count: ServerSentEvents.eventBytesMax + 1))
        #expect(first.isEmpty)
        #expect(events.isTooLong)
        let later = events.add(Array("\n\ndata: x\n\n".utf8))
        #expect(later.isEmpty)
    }
}

@Suite("A chat endpoint's answer")
struct ChatStreamTests {
    private func event(_ json: String) -> [UInt8] { Array("data: \(json)\n\n".utf8) }

    @Test("Pieces of text come as they are said, until the end")
    func pieces() {
        var stream = ChatStream()
        var text: [String] = []
        text += stream.add(event(#"{"choices":[{"index":0,"delta":{"role":"assistant"}}]}"#))
        text += stream.add(event(#"{"choices":[{"delta":{"content":"Yes, "}}]}"#))
        text += stream.add(event(#"{"choices":[{"delta":{"content":"we do."},"finish_reason":null}],"usage":null}"#))
        #expect(stream.end == nil)
        text += stream.add(event(#"{"choices":[{"delta":{},"finish_reason":"stop"}]}"#))
        text += stream.add(event(#"{"choices":[{"delta":{"content":"after the end"}}]}"#) + event("[DONE]"))
        #expect(text == ["Yes, ", "we do."] && stream.end == .complete)
    }

    @Test(
        "An end is told as what it is",
        arguments: [
            (#"{"choices":[{"delta":{},"finish_reason":"length"}]}"#, ChatEnd.cutOff),
            (#"{"choices":[{"delta":{},"finish_reason":"content_filter"}]}"#, .cutOff), ("[DONE]", .complete),
            (#"{"error":{"message":"model not loaded"}}"#, .failed("the endpoint says: model not loaded")),
            ("<html>", .failed("an event that is no chat completion")),
        ])
    func ends(json: String, end: ChatEnd) {
        var stream = ChatStream()
        let text = stream.add(event(json))
        #expect(text.isEmpty)
        #expect(stream.end == end)
    }

    @Test("What is asked is one line of JSON, whatever is in it")
    func request() {
        let prompt = ChatPrompt(system: "s", user: "a \"quote\"\n{}", tokensMax: 7, budgetMs: 1)
        let json = ChatStream.request(prompt, model: "m")
        #expect(json.contains(#""content":"a \"quote\"\n{}""#) && json.contains(#""stream":true"#) && json.contains(#""max_tokens":7"#))
        #expect(!json.contains("\n"))
    }
}
