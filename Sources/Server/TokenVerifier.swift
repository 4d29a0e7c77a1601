import Catalog
import CheckedYAML
import Wire

/// Who may: every Open yields a principal.
protocol TokenVerifier: Sendable {
    /// Throws UNAUTHENTICATED when the metadata proves nobody. `peer` are the credentials of a Unix socket's other end.
    func principal(metadata: [MetadataEntry], peer: (uid: UInt32, gid: UInt32, pid: Int32)?) throws(RPCStatus) -> Principal
}

/// Everybody is the same guest: for trying a shop out on one's own machine.
struct GuestVerifier: TokenVerifier {
    let shop: String

    func principal(metadata: [MetadataEntry], peer: (uid: UInt32, gid: UInt32, pid: Int32)?) -> Principal {
        Principal(user: Principal.guestUser, shop: shop, scopes: [])
    }
}

/// The admin socket: whoever the kernel says has the server's own user id, or root's.
struct PeerVerifier: TokenVerifier {
    let uid: UInt32
    let shop: String

    func principal(metadata: [MetadataEntry], peer: (uid: UInt32, gid: UInt32, pid: Int32)?) throws(RPCStatus) -> Principal {
        guard let peer, peer.uid == uid || peer.uid == 0 else {
            throw RPCStatus(.permissionDenied, "only the server's own user may use the admin socket")
        }
        return Principal(user: "uid:\(peer.uid)", shop: shop, scopes: ["admin"])
    }
}

/// A YAML file of tokens: `tokens: [{token, user, scopes}]`, sent as "authorization: Bearer TOKEN". With `guests: true` who sends none is a guest.
struct FileVerifier: TokenVerifier {
    private let principals: [String: Principal]
    private let guest: Principal?

    init(file: String, shop: String) throws(YAMLError) {
        let document = try YAMLValue.load(file)
        try document.fields("tokens", "guests")
        guest = try document["guests"].bool(or: false) ? Principal(user: Principal.guestUser, shop: shop, scopes: []) : nil
        var principals: [String: Principal] = [:]
        for item in try document["tokens"].items() {
            try item.fields("token", "user", "scopes")
            let token = try item["token"].string()
            guard token.utf8.count >= 16 else { throw item["token"].error("a token needs at least 16 bytes") }
            guard principals[token] == nil else { throw item["token"].error("the same token twice") }
            principals[token] = Principal(user: try item["user"].string(), shop: shop, scopes: Set(try item["scopes"].strings()))
        }
        self.principals = principals
    }

    func principal(metadata: [MetadataEntry], peer: (uid: UInt32, gid: UInt32, pid: Int32)?) throws(RPCStatus) -> Principal {
        guard let value = metadata.first(where: { $0.key == "authorization" }).map({ String(decoding: $0.value, as: UTF8.self) }) else {
            if let guest { return guest }
            throw RPCStatus(.unauthenticated, "metadata 'authorization: Bearer TOKEN' is needed")
        }
        guard value.hasPrefix("Bearer "), let principal = principals[String(value.dropFirst(7))] else {
            throw RPCStatus(.unauthenticated, "the token is not known here")
        }
        return principal
    }
}
