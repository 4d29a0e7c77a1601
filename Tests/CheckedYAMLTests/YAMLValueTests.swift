import CheckedYAML
import Testing

@Suite("Files that people write are read with errors that name the place")
struct YAMLValueTests {
    enum Colour: String, CaseIterable { case red, green }

    private func error(_ text: String, _ read: (YAMLValue) throws -> Void) -> String {
        do {
            try read(try YAMLValue.parse(text, file: "f.yaml"))
            return "no error"
        } catch {
            return "\(error)"
        }
    }

    @Test("An unknown key is refused with its line and the allowed ones")
    func unknownKey() {
        #expect(error("a: 1\nb: 2\nc: 3\n") { try $0.fields("a", "b") } == "f.yaml:3: unknown key 'c'; allowed: a, b")
    }

    @Test("A number outside its range is refused with both")
    func range() {
        #expect(
            error("x:\n  loops: 99\n") { _ = try $0["x"]["loops"].int(in: 1...64) }
                == "f.yaml:2: x.loops: a whole number from 1 to 64 is needed here, not '99'")
    }

    @Test("A word outside its set is refused with the set")
    func choice() throws {
        #expect(
            error("c: blue\n") { _ = try $0["c"].choice(Colour.self) } == "f.yaml:1: c: one of red, green is needed here, not 'blue'")
        let document = try YAMLValue.parse("c: red\n", file: "f.yaml")
        #expect(try document["c"].choice(Colour.self) == .red)
    }

    @Test("What is absent takes its default, what is present is checked")
    func defaults() throws {
        let document = try YAMLValue.parse("n:\n", file: "f.yaml")
        #expect(try document["n"].int(in: 1...3, or: 2) == 2)
        #expect(try document["m"].string(or: "x") == "x")
        #expect(try document["m"].items().isEmpty)
    }

    @Test("A broken file is reported with the line of the fault")
    func syntax() {
        #expect(error("a: 1\nb: [1, 2\nc: 3\n") { _ in }.hasPrefix("f.yaml:3: "))
        #expect(error("") { _ in } == "f.yaml: the file is empty")
    }

    @Test("Missing and unreadable files are said to be so")
    func missing() {
        #expect(throws: YAMLError(file: "/nowhere/x.yaml", line: 0, message: "no such file, or it cannot be read")) {
            try YAMLValue.load("/nowhere/x.yaml")
        }
    }
}
