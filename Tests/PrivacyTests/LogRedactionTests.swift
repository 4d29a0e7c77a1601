import Testing

@testable import Privacy

@Suite("What is taken out of logs")
struct LogRedactionTests {
    @Test(
        "personal data, in English and Chinese",
        arguments: [
            ("write to ann.lee+shop@mail.example.org now", "write to [email] now"), ("请联系 li@mail.example.cn 谢谢", "请联系 [email] 谢谢"),
            ("call +44 20 7946 0958", "call [number]"), ("call (020) 7946-0958.", "call ([number]."), ("手机13912345678，下午", "手机[number]，下午"),
            ("card 4111 1111 1111 1111 declined", "card [number] declined"), ("card=4111111111111111", "card=[number]"),
            ("身份证11010519491231002X", "身份证[number]"), ("my name is Ann Lee and", "my name is [name] and"), ("我叫李小明，", "我叫[name]，"),
            ("send it to 12 Long Acre Road please", "send it to [address] please"), ("寄到上海市中山路100号3栋502室", "[address]"),
            ("call 13912345678 13887654321", "call [number] [number]"), ("call 139 1234 5678 138 8765 4321", "call [number] [number]"),
            ("4111 1111 1111 1111 13912345678", "[number] [number]"), ("020 7946 0958 020 7946 0959", "[number] [number]"),
            ("1234567890 11010519491231002X 12", "1234567890 [number] 12"), ("tel/13912345678", "tel/[number]"), ("uid_13912345678", "uid_[number]"),
            ("/data/13912345678.jpg", "/data/[number].jpg"), ("call 020.7946.0958.", "call [number]."), ("139.1234.5678", "[number]"),
            ("2026-11-21 13912345678 13912345678", "2026-11-21 [number] [number]"),
        ])
    func personal(text: String, redacted: String) { #expect(LogRedaction.text(text) == redacted) }

    @Test(
        "what operators need stays",
        arguments: [
            "serving address=127.0.0.1:17401 loops=2", "session 0f3a9912345678cd was lost", "268435456 bytes, 1234567 us, 12 Mio",
            "order VT-10023 is at version 4", "2026-11-21 18:48:02 begun", "2026-11-21T18:48:02.123Z", "http://10.0.0.7:8080/orders?limit=20",
            "turn 3 of 12, p99 12.5 ms", "/var/lib/vitrine/shop-2026.sqlite", "model 1.2.3-4567890", "没有库存", "3 Large boxes arrived",
            "buckets 10 20 30 40 50 60 70 80 90 100 110 120", "took 13912.345678 ms", "10.120.4567.1", "id a13912345678", "13912345678f",
        ])
    func kept(text: String) { #expect(LogRedaction.text(text) == text) }
}
