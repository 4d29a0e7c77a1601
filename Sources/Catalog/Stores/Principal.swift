/// Who asks. Every stream's Open yields one; every store call takes it.
public struct Principal: Sendable, Equatable, Hashable {
    /// "" = anonymous: owns nothing.
    public var user: String
    public var shop: String
    /// "admin" sees everything of its shop.
    public var scopes: Set<String>

    public init(user: String, shop: String, scopes: Set<String> = []) {
        self.user = user
        self.shop = shop
        self.scopes = scopes
    }

    /// Whoever comes without a name: many are called so, and nothing is remembered of them beyond their session.
    public static let guestUser = "guest"
    public var isGuest: Bool { user.isEmpty || user == Self.guestUser }

    public static let adminScope = "admin"
    public var isAdmin: Bool { scopes.contains(Self.adminScope) }

    /// Whether what belongs to `owner` in `shop` may be seen.
    public func maySee(owner: String, shop: String) -> Bool {
        self.shop == shop && (isAdmin || (!user.isEmpty && user == owner))
    }
}
