import Testing

@testable import Wire

@Suite struct ProtoJSONTests {
    /// Equal but for the spelling of numbers ("1e+08" and "100000000.0").
    private func sameJSON(_ a: String, _ b: String) -> Bool {
        var left = Array(a.utf8)[...]
        var right = Array(b.utf8)[...]
        var quoted = false
        var escaped = false
        func number(_ text: inout ArraySlice<UInt8>) -> Double? {
            let digits = text.prefix { "+-.eE0123456789".utf8.contains($0) }
            text = text.dropFirst(digits.count)
            return Double(String(decoding: digits, as: UTF8.self))
        }
        while let l = left.first, let r = right.first {
            if !quoted, "-0123456789".utf8.contains(l) {
                guard number(&left) == number(&right) else { return false }
                continue
            }
            guard l == r else { return false }
            if l == UInt8(ascii: "\""), !escaped { quoted.toggle() }
            escaped = quoted && l == UInt8(ascii: "\\") && !escaped
            left = left.dropFirst()
            right = right.dropFirst()
        }
        return left.isEmpty && right.isEmpty
    }

    private func bytes(hex: Substring) -> [UInt8] {
        var out: [UInt8] = []
        var digits = Array(hex.utf8)[...]
        while digits.count >= 2 {
            out.append(UInt8(String(decoding: digits.prefix(2), as: UTF8.self), radix: 16) ?? 0)
            digits = digits.dropFirst(2)
        }
        return out
    }

    @Test func jsonEqualsThatOfProtobufsPythonRuntime() throws {
        let lines = jsonFixtures.split(separator: "\n")
        #expect(lines.count > 200)
        for line in lines {
            let parts = line.split(separator: "\t", omittingEmptySubsequences: false)
            let type = try #require(MessageType.allCases.first { $0.name == parts[0] })
            let message = bytes(hex: parts[1])
            let plain = try ProtoJSON.encode(message, as: type)
            #expect(sameJSON(plain, String(parts[2])), "\(plain) is not \(parts[2])")
            let full = try ProtoJSON.encode(message, as: type, emitDefaults: true)
            #expect(sameJSON(full, String(parts[3])), "\(full) is not \(parts[3])")
        }
    }

    @Test func fieldsComeInFront() throws {
        let output = PluginOutput(turnID: 3, kind: .speech(SpeechEvent(event: .start)), modality: "speech")
        let text = try output.json(prefixFields: [
            ("file", .string("a \"b\".wav")), ("line", .integer(-4)), ("took", .number(0.25)), ("ok", .bool(true)),
        ])
        #expect(
            text == #"{"file":"a \"b\".wav","line":-4,"took":0.25,"ok":true,"turnId":"3","#
                + #""speech":{"event":"SPEECH_EVENT_KIND_START"},"modality":"speech"}"#)
        #expect(try ProtoJSON.encode([], as: .ping, prefixFields: [("n", .integer(1))]) == #"{"n":1}"#)
        #expect(try ProtoJSON.encode([], as: .ping) == "{}")
    }

    @Test func floatsHaveTheFewestDigits() throws {
        let values: [Float] = [0.1, -0.0, 1, 3.4028235e38, .nan, .infinity, -.infinity, 0.33333334]
        #expect(
            try Embedding(values: values).json()
                == #"{"values":[0.1,-0.0,1.0,3.4028235e+38,"NaN","Infinity","-Infinity",0.33333334]}"#)
    }

    @Test func base64IsPadded() throws {
        for (count, text) in [(0, ""), (1, "/w=="), (2, "//8="), (3, "////"), (4, "/////w==")] {
            let json = try ImagePart(part: 1, data: [UInt8](repeating: 255, count: count)).json()
            #expect(json == (count == 0 ? #"{"part":1}"# : #"{"part":1,"data":"\#(text)"}"#))
        }
    }

    @Test func brokenBytesAreRefused() {
        #expect(status { () throws(RPCStatus) in _ = try ProtoJSON.encode([0x08], as: .ping) }?.code == .invalidArgument)
    }
}
