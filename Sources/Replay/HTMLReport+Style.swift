/// How the page looks and moves.
extension HTMLReport {
    static let style = """
        :root{--bg:#f6f5f2;--card:#fff;--ink:#1d1c1a;--soft:#625e57;--line:#e4e1da;--ok:#2f7d4f;--okbg:#e6f2ea;--bad:#b3372f;--badbg:#fbe9e6;
        --me:#e9eefb;--shop:#f7f1e3;--accent:#a87c2c;--blue:#4767b8}
        @media(prefers-color-scheme:dark){:root{--bg:#161513;--card:#201f1c;--ink:#eceae5;--soft:#9d988e;--line:#35332e;--ok:#6cc08e;--okbg:#1c3125;
        --bad:#ef8a80;--badbg:#3a201d;--me:#262e44;--shop:#332d1f;--accent:#d9b263;--blue:#8ea9ee}}
        *{box-sizing:border-box}html{scroll-behavior:smooth}body{margin:0;background:var(--bg);color:var(--ink);
        font:15px/1.5 system-ui,-apple-system,
        "Segoe UI","Noto Sans","Noto Sans CJK SC",sans-serif;display:grid;grid-template-columns:290px minmax(0,1fr)}
        small{color:var(--soft);font-size:12px}code{font:12px/1.45 ui-monospace,"DejaVu Sans Mono",monospace;overflow-wrap:anywhere}
        em{font-style:normal;
        color:var(--soft)}h1{font:600 26px/1.2 Georgia,"Noto Serif",serif;margin:0}h2{font:600 19px/1.3 Georgia,"Noto Serif",serif;margin:0}
        p{margin:0}
        nav{position:sticky;top:0;height:100vh;overflow:auto;border-right:1px solid var(--line);padding:20px 14px;background:var(--card)}
        nav header{font:17px Georgia,serif;margin:0 6px 14px}nav a{display:grid;grid-template-columns:18px 1fr auto;gap:6px;padding:7px 8px;
        border-radius:8px;
        color:inherit;text-decoration:none;align-items:baseline}nav a:hover{background:var(--bg)}nav i,h2 i{font-style:normal;font-weight:700;
        color:var(--ok)}
        .bad>i,.bad h2 i{color:var(--bad)}h2 i{margin-right:8px}.switch{display:flex;gap:6px;margin:0 4px 12px}.switch button{flex:1;
        border:1px solid var(--line);
        background:none;color:inherit;border-radius:99px;padding:4px 8px;font:inherit;font-size:13px;cursor:pointer}
        .switch .on{background:var(--ink);
        color:var(--card);border-color:var(--ink)}main{padding:28px;max-width:1380px;width:100%;margin:0 auto}
        .summary,article{background:var(--card);border:1px solid var(--line);border-radius:14px;padding:22px 24px;margin-bottom:22px}
        .summary{border-top:5px solid var(--ok)}.summary.bad{border-top-color:var(--bad)}.about{color:var(--soft);margin:4px 0 16px}
        .tiles{display:flex;flex-wrap:wrap;gap:12px}.tile{border:1px solid var(--line);border-radius:10px;padding:10px 16px;min-width:112px}
        .tile b{display:block;font:600 23px/1.2 Georgia,serif}.tile span{color:var(--soft);font-size:13px}.tile.ok b{color:var(--ok)}
        .tile.bad b{color:var(--bad)}
        .versions{list-style:none;display:flex;flex-wrap:wrap;gap:6px 18px;padding:0;margin:14px 0 0;color:var(--soft);font-size:13px}
        .flake{margin-top:12px;color:var(--accent)}article>header p{color:var(--soft);font-size:13px}article{scroll-margin-top:14px}
        article.bad{border-color:var(--bad)}.tag{display:inline-block;border:1px solid var(--line);border-radius:99px;padding:0 9px;
        font-size:12px;margin:0 4px 0 0;
        color:var(--soft)}.timeline{width:100%;height:92px;margin:14px 0 4px;display:block}.timeline text{font-size:9px;fill:var(--soft)}
        .grid{stroke:var(--line)}.answer{fill:var(--ok);opacity:.28}.answer.bad{fill:var(--bad);opacity:.5}.wave,.sound path{fill:var(--blue)}
        .act{fill:var(--blue)}.m{fill:var(--soft)}.m.reply,.m.reply_start{fill:var(--ok)}.m.recommendations,.m.try_on{fill:var(--accent)}
        .m.transcript,.m.speech_start,.m.speech_end,.m.partial_transcript{fill:var(--blue)}.m.problem,.m.status,.m.turn_interrupted{fill:var(--bad)}
        .wrong{background:var(--badbg);color:var(--bad);padding:8px 12px;border-radius:8px;margin:8px 0}
        .step{display:grid;grid-template-columns:74px minmax(0,1fr) minmax(220px,32%);gap:18px;padding:18px 0;border-top:1px solid var(--line)}
        .time b{display:block;font:600 15px Georgia,serif}.step.bad .time b{color:var(--bad)}.talk{display:flex;flex-direction:column;gap:10px;
        min-width:0}
        .customer{display:flex;flex-direction:column;align-items:flex-end;gap:8px}.shop{display:flex;flex-direction:column;align-items:flex-start;
        gap:8px}
        .bubble{padding:9px 14px;border-radius:14px;max-width:88%;white-space:pre-wrap}.customer .bubble{background:var(--me);
        border-bottom-right-radius:4px}
        .shop .bubble{background:var(--shop);border-bottom-left-radius:4px}.bubble small{display:block;margin-top:3px}.bubble.cut{opacity:.65}
        .spoken{width:min(430px,88%)}.sound{width:100%;height:44px;display:block}audio{width:100%;height:32px;margin-top:6px}
        .picture{padding:6px}.picture img{max-width:190px;max-height:190px;border-radius:10px;display:block}.picture small{padding:0 6px}
        .deed{color:var(--soft);font-size:13px}.customer .deed{border:1px dashed var(--line);border-radius:99px;padding:2px 12px}
        .heard{color:var(--soft);font-style:italic}.problem{background:var(--badbg);padding:7px 12px;border-radius:10px;font-size:14px}
        .source{display:inline-block;font-size:12px;border-radius:99px;padding:1px 9px;background:var(--card);margin:5px 5px 0 0}
        .shelf{width:100%}.shelf>p{margin-bottom:6px}.cards{display:flex;gap:10px;overflow-x:auto;padding-bottom:4px}
        .card{flex:0 0 158px;border:1px solid var(--line);border-radius:10px;overflow:hidden;padding-bottom:8px;display:flex;flex-direction:column}
        .card img,.nopicture{width:100%;aspect-ratio:1;object-fit:cover;display:block;background:var(--shop)}.nopicture{font:32px Georgia,serif;
        font-style:normal;
        color:var(--accent);display:grid;place-items:center;aspect-ratio:1.7}.card b,.card small{padding:0 10px;font-size:13px;line-height:1.35}
        .card b{padding-top:8px;font-weight:600}.reasons{display:flex;gap:2px;margin:auto 8px 0;padding-top:6px}.reasons span{font-size:10px;
        padding:1px 4px;
        background:var(--me);border-radius:4px;white-space:nowrap;overflow:hidden;text-overflow:ellipsis}.reasons .r-image{background:var(--shop)}
        .tryon{display:flex;gap:12px;align-items:flex-start;flex-wrap:wrap}
        figure{margin:0;flex:1 1 240px;max-width:360px}figure svg{width:100%;border-radius:12px;background:var(--line);display:block}
        figcaption{font-size:13px;
        color:var(--soft)}
        .anchor circle{fill:none;stroke:#ff4fa3}.anchor text{fill:#fff;paint-order:stroke;stroke:#0009;stroke-width:4px;font-weight:600}
        .spans{border-left:2px solid var(--line);padding-left:10px;font-size:12px;color:var(--soft)}.spans div{display:grid;align-items:center;
        grid-template-columns:130px 1fr 62px;gap:8px;height:18px}.spans span{overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
        .spans i{height:7px;border-radius:3px;background:var(--accent);opacity:.65}.spans small{text-align:right}
        .checks ul{list-style:none;margin:0;padding:0;display:flex;flex-direction:column;gap:6px}.checks li{border-radius:8px;
        padding:6px 10px 6px 28px;
        background:var(--okbg);position:relative}.checks li::before{content:"✓";position:absolute;left:10px;color:var(--ok);font-weight:700}
        .checks li.bad{background:var(--badbg)}.checks li.bad::before{content:"✕";color:var(--bad)}.checks li p{color:var(--bad);font-size:13px;
        margin-top:3px;
        overflow-wrap:anywhere}.hidden{display:none!important}table{border-collapse:collapse;width:100%;margin-top:12px;font-size:14px}
        th,td{text-align:left;
        padding:6px 12px 6px 0;border-bottom:1px solid var(--line);vertical-align:top}th{color:var(--soft);font-weight:500}
        td.n,th.n{text-align:right;
        font-variant-numeric:tabular-nums}.diff{display:grid;grid-template-columns:1fr 1fr;gap:14px;margin:8px 0 14px}
        .diff div{background:var(--bg);
        border-radius:10px;padding:10px 14px;white-space:pre-wrap;overflow-wrap:anywhere}.up{color:var(--bad)}.down{color:var(--ok)}
        body.wide{display:block}@media(max-width:1100px){body{display:block}nav{position:static;height:auto}.step{grid-template-columns:1fr}}
        @media print{nav{display:none}body{display:block}}
        """

    static let behaviour = """
        for(const e of document.querySelectorAll('[data-media]')){const u=media[e.dataset.media];
        if(e.tagName==='image'){e.setAttribute('href',u)}else{e.src=u}}
        for(const b of document.querySelectorAll('[data-show]'))b.onclick=()=>{for(const o of document.querySelectorAll('[data-show]'))
        o.classList.toggle('on',o===b);for(const e of document.querySelectorAll('[data-state]'))
        e.classList.toggle('hidden',b.dataset.show!=='all'&&e.dataset.state!==b.dataset.show)};
        """
}
