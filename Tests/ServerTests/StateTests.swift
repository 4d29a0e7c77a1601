import Catalog
import CheckedYAML
import EventLoop
import Sessions
import Testing
import Wire

@testable import Server

@Suite("The streams of a connection")
struct StreamRegistryTests {
    private func opened(_ ids: UInt64..., streamsMax: Int = 8) -> StreamRegistry<String> {
        var registry = StreamRegistry<String>(streamsMax: streamsMax)
        for id in ids {
            #expect(registry.opening(id) == .accepted)
            registry.register(id, "h\(id)")
        }
        return registry
    }

    private func text(_ delivery: StreamRegistry<String>.Delivery) -> String {
        switch delivery {
        case .to(let handler): handler
        case .late: "late"
        case .broken(let status): status.message
        }
    }

    @Test("Ids grow, may leave gaps, and are used once, even when the stream was refused")
    func ids() {
        var registry = opened(1, 4)
        #expect(registry.lastOpened == 4)
        for id in [UInt64(4), 3, 0] {
            #expect(
                registry.opening(id)
                    == .broken(RPCStatus(.invalidArgument, "stream \(id) was opened after stream 4; ids grow, from 1, and are used once")))
        }
        registry.goAway()
        #expect(registry.opening(5) == .refused(RPCStatus(.unavailable, "the server is going away; open the stream elsewhere")))
        #expect(registry.opening(5) != .accepted)
        #expect(text(registry.delivery(5, isData: true)) == "late", "the client may have sent data before it knew")
        #expect(text(registry.delivery(6, isData: true)) == "stream 6 was never opened")
    }

    @Test("A frame finds its stream; one that has ended is late; one that never was breaks the protocol")
    func delivery() {
        var registry = opened(1, 2)
        #expect(text(registry.delivery(1, isData: true)) == "h1")
        #expect(registry.remove(1) == "h1")
        #expect(registry.remove(1) == nil)
        #expect(text(registry.delivery(1, isData: true)) == "late")
        #expect(text(registry.delivery(2, isData: false)) == "h2")
        #expect(text(registry.delivery(3, isData: true)) == "stream 3 was never opened")
        #expect(text(registry.delivery(0, isData: true)) == "stream 0 was never opened")
    }

    @Test("After its half-close a stream takes cancel, but no data")
    func halfClosed() {
        var registry = opened(1)
        registry.halfClosed(1)
        #expect(text(registry.delivery(1, isData: true)) == "data on stream 1 after its half-close")
        #expect(text(registry.delivery(1, isData: false)) == "h1")
    }

    @Test("The limit counts open streams only")
    func limit() {
        var registry = opened(1, 2, streamsMax: 2)
        #expect(registry.opening(3) == .refused(RPCStatus(.resourceExhausted, "2 streams are open on this connection; at most 2 may be")))
        _ = registry.remove(1)
        #expect(registry.opening(4) == .accepted)
    }
}

@Suite("The sessions of a loop")
struct SessionTableTests {
    @Test("Ids hash to the loop that made them, are 128 bits of hex, and differ", arguments: [1, 2, 3, 7])
    func ids(loops: Int) throws {
        for index in 0..<loops {
            let table = SessionTable(loop: try EventLoop(name: "t", index: index, clock: .virtual), loops: loops, seed: 5)
            let ids = (0..<200).map { _ in table.newID() }
            #expect(ids.allSatisfy { SessionTable.owner(of: $0, loops: loops) == index })
            #expect(ids.allSatisfy { $0.count == 32 && $0.allSatisfy(\.isHexDigit) })
            #expect(Set(ids).count == 200)
        }
    }

    @Test("Equal seeds give equal ids, and two loops of one server never the same")
    func seeded() throws {
        func ids(_ index: Int, _ seed: UInt64) throws -> [String] {
            let table = SessionTable(loop: try EventLoop(name: "t", index: index, clock: .virtual), loops: 2, seed: seed)
            return (0..<20).map { _ in table.newID() }
        }
        #expect(try ids(0, 5) == ids(0, 5))
        #expect(try ids(0, 5) != ids(0, 6))
        #expect(try Set(ids(0, 5)).isDisjoint(with: ids(1, 5)))
    }

    @Test("The key is FNV-1a", arguments: [("", UInt64(0xcbf2_9ce4_8422_2325)), ("a", 0xaf63_dc4c_8601_ec8c), ("foobar", 0x8594_4171_f739_67e8)])
    func key(text: String, hash: UInt64) {
        #expect(SessionTable.key(of: text) == hash)
    }
}

@Suite("Who may")
struct TokenVerifierTests {
    private func verifier(_ text: String) throws -> FileVerifier {
        let folder = try TemporaryFolder()
        return try FileVerifier(file: folder.write("tokens.yaml", text), shop: "gold")
    }

    private func bearer(_ token: String) -> [MetadataEntry] { [MetadataEntry(key: "authorization", value: Array(token.utf8))] }

    @Test("A bearer token is its user, with scopes, in this shop")
    func token() throws {
        let verifier = try verifier("tokens:\n  - {token: 0123456789abcdef, user: ann, scopes: [admin, vip]}")
        #expect(
            try verifier.principal(metadata: bearer("Bearer 0123456789abcdef"), peer: nil)
                == Principal(user: "ann", shop: "gold", scopes: ["admin", "vip"]))
    }

    @Test(
        "Anything else is UNAUTHENTICATED, also where guests are welcome",
        arguments: ["Bearer x", "bearer 0123456789abcdef", "0123456789abcdef", "Bearer ", ""])
    func wrong(value: String) throws {
        for guests in ["true", "false"] {
            let verifier = try verifier("guests: \(guests)\ntokens:\n  - {token: 0123456789abcdef, user: ann}")
            #expect(throws: RPCStatus(.unauthenticated, "the token is not known here")) { try verifier.principal(metadata: bearer(value), peer: nil) }
        }
    }

    @Test("Without a token one is a guest where guests are welcome, and nobody elsewhere")
    func guests() throws {
        #expect(try verifier("guests: true").principal(metadata: [], peer: nil) == Principal(user: "guest", shop: "gold"))
        let strict = try verifier("tokens: []")
        #expect(throws: RPCStatus(.unauthenticated, "metadata 'authorization: Bearer TOKEN' is needed")) {
            try strict.principal(metadata: [], peer: nil)
        }
        #expect(GuestVerifier(shop: "s").principal(metadata: [], peer: nil) == Principal(user: "guest", shop: "s"))
    }

    @Test("Short and repeated tokens are refused with their line")
    func badFile() {
        #expect { try verifier("tokens:\n  - {token: short, user: a}") } throws: {
            "\($0)".hasSuffix("tokens.yaml:2: tokens[0].token: a token needs at least 16 bytes")
        }
        #expect { try verifier("tokens:\n  - {token: 0123456789abcdef, user: a}\n  - {token: 0123456789abcdef, user: b}") } throws: {
            "\($0)".hasSuffix("tokens.yaml:3: tokens[1].token: the same token twice")
        }
    }

    @Test("The admin socket is for the server's own user and root, as the kernel says")
    func peer() throws {
        let verifier = PeerVerifier(uid: 1_000, shop: "s")
        #expect(try verifier.principal(metadata: [], peer: (uid: 1_000, gid: 1, pid: 1)).isAdmin)
        #expect(try verifier.principal(metadata: [], peer: (uid: 0, gid: 0, pid: 1)).user == "uid:0")
        for peer in [(uid: UInt32(1_001), gid: UInt32(0), pid: Int32(1)), nil] {
            #expect(throws: RPCStatus(.permissionDenied, "only the server's own user may use the admin socket")) {
                try verifier.principal(metadata: bearer("Bearer x"), peer: peer)
            }
        }
    }
}
