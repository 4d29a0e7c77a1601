import Foundation
import ImageDecoding
import Testing

/// A page as a browser lays it out and draws it: headless Chromium, which `make test` installs.
struct BrowsedPage {
    /// What the page is like once it is laid out; boxes are x, y, width, height in pixels of the picture.
    struct Findings: Decodable {
        struct Text: Decodable {
            var what: String
            var text: String
            var box: [Double]
            /// Of the letters with what lies behind them (WCAG 2.2, 1.4.3).
            var contrast: Double
            var isCut: Bool
        }
        var width: Double
        var height: Double
        var texts: [Text]
        var images: [[Double]]
        var brokenImages: [String]
        var boxes: [String: [[Double]]]
    }

    let findings: Findings
    let picture: DecodedImage

    static let width = 1_400
    static let height = 3_600

    private static func program() throws -> String {
        let environment = ProcessInfo.processInfo.environment
        if let named = environment["VITRINE_BROWSER"] { return named }
        let folders = (environment["PATH"] ?? "").split(separator: ":")
        let names = ["chromium-headless-shell", "chromium", "google-chrome"]
        let paths = names.flatMap { name in folders.map { folder -> String in "\(folder)/\(name)" } }
        let found = paths.first { path in access(path, X_OK) == 0 }
        return try #require(found, "no Chromium is here: `tools/setup/setup --tests` installs one, or VITRINE_BROWSER names one")
    }

    /// - Parameters:
    ///   - boxes: selectors of whose elements the places are wanted.
    ///   - dark: as people who prefer dark pages see it.
    init(_ page: String, boxes: [String] = [], dark: Bool = false) throws {
        let folder = NSTemporaryDirectory() + "vitrine-page-\(UInt32.random(in: 0...(.max)))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let probe = "<script>const wanted=\(try String(decoding: JSONEncoder().encode(boxes), as: UTF8.self));\(Self.probe)</script></body>"
        try page.replacingOccurrences(of: "</body>", with: probe).write(toFile: folder + "/page.html", atomically: true, encoding: .utf8)
        let arguments =
            [
                try Self.program(), "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--force-device-scale-factor=1",
                "--virtual-time-budget=3000", "--window-size=\(Self.width),\(Self.height)", "--user-data-dir=\(folder)/profile",
                "--screenshot=\(folder)/page.png", "--dump-dom",
            ] + (dark ? ["--blink-settings=preferredColorScheme=0"] : []) + ["file://\(folder)/page.html"]
        let dom = try Self.output(of: arguments.map { "'\($0)'" }.joined(separator: " ") + " 2>/dev/null")
        let shown = try #require(dom.firstMatch(of: /<pre id="probe"[^>]*>([^<]*)<\/pre>/), "the page was not laid out: \(dom.prefix(500))")
        let json = String(shown.1).replacingOccurrences(of: "&lt;", with: "<").replacingOccurrences(of: "&gt;", with: ">")
            .replacingOccurrences(of: "&amp;", with: "&")
        findings = try JSONDecoder().decode(Findings.self, from: Data(json.utf8))
        let png = try Data(contentsOf: URL(fileURLWithPath: folder + "/page.png"))
        picture = try png.withUnsafeBytes { try ImageDecoder.decode($0, fit: .full(sideMax: 8_000)) }
        // For people who want to see what the test saw.
        if let kept = ProcessInfo.processInfo.environment["VITRINE_SCREENSHOTS"] {
            try png.write(to: URL(fileURLWithPath: "\(kept)/page-\(boxes.count)\(dark ? "-dark" : "").png"))
        }
    }

    /// What a command of the shell prints. Not Foundation's Process: that waits until every process is gone that was started meanwhile, and other
    /// tests' processes may live until a thread is free that this one holds.
    private static func output(of command: String) throws -> String {
        let pipe = try #require(popen(command, "re"))
        var bytes: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 1 << 16)
        while case let count = fread(&block, 1, block.count, pipe), count > 0 { bytes += block[..<count] }
        try #require(pclose(pipe) == 0, "\(command)")
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The colour of a pixel.
    func colour(_ x: Double, _ y: Double) -> (r: Int, g: Int, b: Int) {
        let at = (min(max(Int(y), 0), picture.height - 1) * picture.width + min(max(Int(x), 0), picture.width - 1)) * 3
        return (Int(picture.rgb[at]), Int(picture.rgb[at + 1]), Int(picture.rgb[at + 2]))
    }

    /// How much of a box, 0 to 1, is of colours that `wanted` accepts.
    func share(of box: [Double], _ wanted: ((r: Int, g: Int, b: Int)) -> Bool) -> Double {
        var all = 0
        var found = 0
        for y in stride(from: box[1], to: box[1] + box[3], by: 1) {
            for x in stride(from: box[0], to: box[0] + box[2], by: 1) {
                all += 1
                if wanted(colour(x, y)) { found += 1 }
            }
        }
        return all == 0 ? 0 : Double(found) / Double(all)
    }

    /// Runs in the page when it is there; texts are the elements that have letters of their own.
    private static let probe = """
        addEventListener('load',()=>{
        const box=e=>{const b=e.getBoundingClientRect();return [b.x+scrollX,b.y+scrollY,b.width,b.height]};
        const rgb=c=>c.match(/[\\d.]+/g).map(Number);
        const light=c=>{const v=c.slice(0,3).map(x=>{x/=255;return x<=.04045?x/12.92:((x+.055)/1.055)**2.4});return .2126*v[0]+.7152*v[1]+.0722*v[2]};
        const behind=e=>{let over=[];for(;e;e=e.parentElement){const c=rgb(getComputedStyle(e).backgroundColor);
        if(c.length===3||c[3]>0){over.push(c);if(c.length===3)break}}
        const root=matchMedia('(prefers-color-scheme:dark)').matches?[18,18,18]:[255,255,255];
        return over.reverse().reduce((b,c)=>{const a=c.length===4?c[3]:1;return b.map((x,i)=>x*(1-a)+c[i]*a)},root)};
        const shown=e=>e.getClientRects().length>0&&getComputedStyle(e).visibility==='visible';
        const texts=[...document.querySelectorAll('body *')].filter(e=>!['SCRIPT','STYLE','PRE','TITLE'].includes(e.tagName)&&shown(e)
        &&[...e.childNodes].some(n=>n.nodeType===3&&n.data.trim())).map(e=>{
        const s=getComputedStyle(e),drawn=e instanceof SVGElement;let opacity=1;for(let p=e;p;p=p.parentElement)opacity*=+getComputedStyle(p).opacity;
        const back=behind(e),front=rgb(drawn?s.fill:s.color).slice(0,3).map((x,i)=>x*opacity+back[i]*(1-opacity));
        const a=light(front),b=light(back);
        return {what:[e.tagName.toLowerCase(),...(e.getAttribute('class')||'').split(' ').filter(Boolean)].join('.'),text:e.textContent.trim().slice(0,200),
        box:box(e),contrast:drawn&&s.stroke!=='none'?21:(Math.max(a,b)+.05)/(Math.min(a,b)+.05),
        isCut:!drawn&&s.textOverflow!=='ellipsis'&&s.overflow==='visible'&&s.display!=='inline'&&e.scrollWidth>e.clientWidth+1}});
        const images=[...document.querySelectorAll('img')].filter(shown);
        const boxes={};for(const q of wanted)boxes[q]=[...document.querySelectorAll(q)].map(box);
        const p=document.createElement('pre');p.id='probe';
        p.textContent=JSON.stringify({width:document.documentElement.scrollWidth,height:document.documentElement.scrollHeight,texts,
        images:images.map(box),brokenImages:images.filter(i=>!i.complete||!i.naturalWidth).map(i=>i.alt+' '+i.dataset.media),boxes});
        document.documentElement.append(p);p.style.display='none'});
        """
}
