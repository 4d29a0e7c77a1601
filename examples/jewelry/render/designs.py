"""The shop's designs: what each is called, how it is described, how it is built, and the variants it is sold in.

A design is sold in one or more variants (metal, stone, changed parameters). One product is one variant.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Variant:
    metal: str
    gem: str
    changes: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Design:
    category: str
    slug: str
    en: str
    zh: str
    about_en: str
    about_zh: str
    builder: str
    base: dict[str, Any]
    variants: tuple[Variant, ...]
    style: str
    price: float
    weight: float
    occasions: tuple[str, ...]
    recipient: str = "her"


@dataclass(frozen=True)
class Product:
    id: str
    design: Design
    variant: Variant

    @property
    def params(self) -> dict[str, Any]:
        p = {"gem": self.variant.gem, "metal": self.variant.metal} | self.design.base | self.variant.changes
        p.setdefault("length_mm", 450)
        if self.design.category in ("necklace", "pendant"):
            p.setdefault("chain", "cable")
        return p


DESIGNS: list[Design] = []


def _v(text: str, **changes: Any) -> Variant:
    metal, gem = text.split()
    return Variant(metal, gem, changes)


def _d(category: str, slug: str, en: str, zh: str, about_en: str, about_zh: str, builder: str, base: dict[str, Any], style: str, price: float,
       weight: float, occasions: str, *variants: Variant, recipient: str = "her") -> None:
    DESIGNS.append(Design(category, slug, en, zh, about_en, about_zh, builder, base, variants, style, price, weight, tuple(occasions.split()), recipient))


# Rings

_d("ring", "solitaire", "Solitaire Ring", "单石戒指", "One stone, held high in slim claws, and nothing to distract from it.", "一颗主石由纤细爪镶高高托起，干净利落，没有多余的装饰。",
   "solitaire", {"size": 6.5}, "classic", 420, 2.8, "engagement anniversary",
   _v("platinum diamond", size=6.8, prongs=6), _v("gold ruby", size=7.5, cut="oval"), _v("silver topaz", size=8.5, cut="emerald", width=2.8))
_d("ring", "bezel-solitaire", "Bezel-Set Ring", "包镶戒指", "The stone sits low inside a smooth collar, so nothing catches on gloves or knitwear.", "宝石低低嵌在光滑的包边里，不勾手套，也不挂毛衣。",
   "solitaire", {"seat": "bezel", "rise": 0.3, "size": 8, "width": 4, "shape": "flat"}, "modern", 290, 3.6, "everyday birthday",
   _v("gold emerald", cut="emerald", turn=90), _v("rose_gold moonstone", cut="oval", size=10, width=2.6, turn=90), _v("silver garnet", cut="hexagon", size=9))
_d("ring", "three-stone", "Three-Stone Ring", "三石戒指", "A centre stone with a smaller one on each shoulder: past, present and future side by side.", "主石居中，两侧各配一颗小石，寓意过去、现在与未来。",
   "three_stone", {"gem2": "diamond"}, "classic", 560, 3.4, "engagement anniversary",
   _v("platinum sapphire", size=8, cut="oval", aspect=.38, side=4), _v("gold diamond", size=6, gem2="emerald", side=5))
_d("ring", "halo", "Halo Ring", "光环戒指", "A ring of small bright stones circles the centre and makes it look a size larger.", "一圈细小亮石环绕主石，让它看上去更大、更闪。",
   "halo_ring", {"gem2": "diamond", "pave": 3}, "romantic", 640, 3.2, "engagement anniversary",
   _v("platinum emerald", cut="cushion", size=7), _v("rose_gold amethyst", cut="pear", size=10, pave=0), _v("gold sapphire", size=5.5, double=True))
_d("ring", "eternity", "Eternity Band", "永恒戒指", "Matched stones run the whole way round without a break.", "大小一致的宝石首尾相连，绕指一圈不间断。",
   "eternity", {"size": 2.6}, "classic", 520, 3.0, "wedding anniversary",
   _v("platinum diamond"), _v("gold ruby", size=4.4, cut="oval", pitch=.8, gem2="diamond", alternate=True), _v("silver sapphire", size=3.6, cut="square", pitch=.93))
_d("ring", "comfort-band", "Comfort-Fit Wedding Band", "内弧素圈婚戒", "A plain band, softly rounded inside and out.", "内外皆带圆弧的素面戒圈，久戴舒适。",
   "plain", {}, "classic", 330, 5.6, "wedding everyday",
   _v("gold none", width=5.5, thick=1.9), _v("platinum none", width=3.2, thick=1.7, shape="knife"), recipient="unisex")
_d("ring", "hammered-band", "Hammered Band", "锤纹戒指", "The surface is beaten by hand into small facets that scatter the light.", "表面经手工锤打出细密凹面，光线在上面碎成点点亮斑。",
   "plain", {"finish": "hammered", "surface": "hammered"}, "bohemian", 180, 5.8, "everyday wedding",
   _v("silver none", width=9, thick=2.2), _v("rose_gold none", width=5, thick=2.0), recipient="unisex")
_d("ring", "groove-band", "Grooved Band", "凹槽双色戒指", "Slim inlaid lines of a second metal run round a flat band.", "平面戒圈上镶着几道另一种金属的细线，低调而有层次。",
   "plain", {"finish": "grooves", "shape": "flat", "surface": "brushed"}, "modern", 240, 6.4, "wedding everyday",
   _v("platinum none", width=7, count=2), _v("silver onyx", width=10, count=2, cut="square", size=6), recipient="him")
_d("ring", "fluted-band", "Fluted Band", "罗纹戒指", "Deep flutes are cut across the band like the edge of an old coin.", "戒身横刻深深的罗纹，像老硬币的边缘。",
   "plain", {"finish": "flutes", "thick": 1.5}, "vintage", 260, 5.2, "everyday party",
   _v("gold none", width=7, step=12), _v("rose_gold diamond", width=5, step=8, size=4.5))
_d("ring", "signet", "Signet Ring", "印章戒指", "A broad polished face on tapering shoulders, after the rings that once sealed letters.", "宽阔的戒面连着渐收的戒肩，灵感来自旧时封缄信件的印戒。",
   "signet", {}, "vintage", 340, 8.2, "graduation birthday",
   _v("gold none", face="oval", emblem="star8", size=15), _v("silver onyx", face="cushion", size=14), _v("rose_gold lapis", face="octagon", size=13), recipient="him")
_d("ring", "rope", "Twisted Rope Ring", "扭绳戒指", "Round wires are twisted together like a cord.", "数股圆丝拧在一起，如同一截绳索。",
   "twisted", {}, "modern", 210, 4.4, "everyday",
   _v("gold none", strands=2, wire=1.7, pitch=9, two_tone=True), _v("silver turquoise", strands=3, wire=1.0, pitch=6, size=9, cut="oval"))
_d("ring", "bypass", "Bypass Ring", "交错开口戒指", "The two ends pass each other and never touch, each finished with its own tip.", "两端交错而不相接，各自收以不同的点缀。",
   "bypass", {}, "romantic", 270, 3.1, "birthday party",
   _v("rose_gold pearl", size=7.5, gem2="black_pearl", reach=4), _v("gold peridot", size=6.5, cut="pear", gem2="citrine"))
_d("ring", "crossover", "Crossover Ring", "X形交叉戒指", "Two bands cross over the finger in a wide X.", "两道戒圈在指面交叉成宽宽的X形。",
   "crossover", {}, "modern", 310, 4.6, "party everyday",
   _v("platinum diamond", amp=3.6))
_d("ring", "bloom", "Bloom Cluster Ring", "花朵簇镶戒指", "Petals of cut stones open around a small bright heart.", "一瓣瓣刻面宝石围着小小的花心绽开。",
   "cluster", {}, "nature", 480, 5.0, "birthday mothers_day",
   _v("rose_gold amethyst", petal=6, count=6), _v("gold topaz", cut="oval", petal=5, count=5, gem2="citrine", centre=4.5))
_d("ring", "chevron", "Chevron Ring", "V形戒指", "The band dips to a point that makes fingers look longer.", "戒圈在指背收成一个尖角，视觉上拉长手指。",
   "wave", {"kind": "chevron"}, "minimalist", 160, 2.4, "everyday",
   _v("silver none", amp=6, rows=(0, 4.2), width=2.4, second="accent", note=("Two bands sit one above the other.", "两道V形上下相叠。")))
_d("ring", "wave", "Wave Ring", "波浪戒指", "The band rises and falls in an even swell all the way round.", "戒圈起伏成均匀的波浪，绕指一周。",
   "wave", {"waves": 6}, "nature", 190, 3.2, "everyday birthday",
   _v("silver topaz", waves=4, amp=2.4, width=2.6, size=2.4, stones=(0, 45, 90, 270, 315)))
_d("ring", "stack", "Stacking Set of Three", "三件叠戴戒指", "Three slim rings that are worn together or shared out over the hand.", "三枚细戒可以叠戴，也可以分戴在不同手指上。",
   "stack", {}, "minimalist", 230, 4.8, "birthday everyday",
   _v("gold diamond", bands=((-3, "round", 1.7, False), (0, "flat", 2.2, True), (3, "rope", 1.6, False)), two_tone=True),
   _v("silver turquoise", bands=((-3.6, "beads", 2, False), (0, "flat", 2.4, True), (3.6, "beads", 2, False))))
_d("ring", "cocktail", "Cocktail Ring", "鸡尾酒戒指", "A single very large stone, made for evenings.", "一颗硕大主石，为晚宴而生。",
   "cocktail", {}, "statement", 460, 7.4, "party birthday",
   _v("gold citrine", cut="emerald", size=16), _v("silver amethyst", cut="cushion", size=15, prongs=4, beads=True),
   _v("rose_gold rose_quartz", cut="oval", size=18, turn=90))
_d("ring", "dome", "Dome Ring", "圆顶戒指", "A full, rounded front that narrows to a slim band at the palm.", "饱满的圆弧戒面，向掌心渐收成纤细戒圈。",
   "dome_ring", {}, "statement", 380, 8.0, "party everyday",
   _v("gold none", top=14), _v("silver none", top=15, ribs=5))
_d("ring", "crown", "Crown Ring", "皇冠戒指", "Nine points stand up around the finger, each with a small tip of its own.", "九个尖角绕指而立，每一角都缀着小小的顶珠。",
   "crown_ring", {}, "romantic", 240, 3.0, "birthday party",
   _v("rose_gold diamond", points=9))
_d("ring", "vine", "Vine Ring", "藤叶戒指", "Leaves climb left and right along a curling stem.", "叶片沿着蜿蜒的细茎左右攀生。",
   "vine", {}, "nature", 220, 3.0, "anniversary everyday",
   _v("gold emerald", leaf=3.4, step=24))
_d("ring", "serpent", "Serpent Ring", "灵蛇戒指", "A coiled snake winds more than twice around the finger.", "一条小蛇绕指两圈有余，昂首盘踞。",
   "coil", {}, "statement", 290, 6.0, "party",
   _v("gold ruby", turns=2.3), recipient="unisex")
_d("ring", "emblem", "Little Emblem Ring", "图案戒指", "A small flat shape on a slim band, cheerful enough for every day.", "纤细戒圈上立着小巧的图案，天天戴也不腻。",
   "emblem_ring", {}, "romantic", 150, 2.6, "valentines birthday",
   _v("rose_gold none", face="heart", size=5.5, dome=1.0), _v("gold onyx", face="clover", size=6, stone=4), _v("silver diamond", face="star", size=6.5, border=10))
_d("ring", "infinity", "Infinity Ring", "无限符号戒指", "A loop without beginning or end lies across the finger.", "没有起点也没有终点的无限符号横卧指间。",
   "infinity_ring", {}, "romantic", 170, 2.5, "valentines anniversary", _v("silver diamond", size=8))
_d("ring", "braid", "Braided Ring", "编织戒指", "Three wires are plaited like a small braid.", "三股细丝像麻花辫一样编成戒圈。",
   "braid", {}, "bohemian", 250, 4.8, "everyday", _v("gold none", crossings=7, wire=1.15, two_tone=True), recipient="unisex")
_d("ring", "moonlight", "Crescent Moon Ring", "弯月戒指", "A crescent curls round a single stone like the moon round its light.", "一弯新月轻拢着一颗宝石，宛如月拥清辉。",
   "moon_ring", {}, "celestial", 210, 2.9, "birthday", _v("silver moonstone", size=5.5, stone=5))
_d("ring", "lattice", "Openwork Lattice Ring", "镂空格纹戒指", "Two fine rails hold an airy lattice between them.", "两道细圈之间是通透的镂空格纹。",
   "cage", {}, "vintage", 280, 4.4, "party anniversary", _v("gold none", bars=12))

# Earrings

_d("earrings", "gem-studs", "Gemstone Studs", "宝石耳钉", "Bright single stones in neat claws.", "小巧爪镶托起的单颗亮石。",
   "stud", {}, "classic", 190, 1.8, "everyday birthday", _v("platinum diamond", size=6.5), _v("gold emerald", cut="emerald", size=8), _v("silver amethyst", cut="heart", size=9, seat="bezel"))
_d("earrings", "pearl-studs", "Pearl Studs", "珍珠耳钉", "A round pearl on each lobe and hardly any metal to be seen.", "耳垂上各一颗圆润珍珠，几乎看不见金属。",
   "stud", {"size": 9}, "classic", 150, 2.2, "wedding everyday", _v("gold pearl", size=10), _v("silver black_pearl", size=9, jacket=9, gem2="diamond"))
_d("earrings", "halo-studs", "Halo Studs", "光环耳钉", "A centre stone inside a circle of small ones.", "主石外围镶一圈细钻般的小石。",
   "stud", {"gem2": "diamond", "halo": 1.6}, "romantic", 320, 2.4, "wedding anniversary", _v("platinum sapphire", size=7, cut="oval"), _v("rose_gold opal", size=7, halo=1.9))
_d("earrings", "classic-hoops", "Everyday Hoops", "日常耳圈", "Smooth hoops, light enough for all day.", "光滑的耳圈，轻盈到可以戴一整天。",
   "hoop", {}, "classic", 160, 3.4, "everyday", _v("gold none", radius=17, wire=1.4), _v("silver none", radius=22, wire=.9, kind="square"), _v("rose_gold none", radius=12, wire=3, kind="crescent"))
_d("earrings", "textured-hoops", "Textured Hoops", "纹理耳环", "Hoops with a strong surface that shows from across a table.", "肌理分明的圈形耳环，隔着桌子也看得清。",
   "hoop", {}, "bohemian", 180, 4.6, "everyday party", _v("silver none", kind="twist", radius=13, wire=2.0, pitch=9), _v("gold none", kind="bamboo", radius=16, wire=1.7))
_d("earrings", "shape-hoops", "Shaped Hoops", "异形耳环", "A hoop that is no circle: the outline is the ornament.", "不走寻常路的圈形，轮廓本身就是装饰。",
   "hoop", {}, "modern", 150, 3.2, "party everyday", _v("gold none", kind="heart", radius=14, wire=1.2, yaw=10), _v("silver none", kind="hexagon", radius=15, wire=1.8, yaw=14))
_d("earrings", "charm-hoops", "Charm Hoops", "坠饰耳环", "Small hoops with a charm that swings below.", "小圈下垂着会轻轻摇摆的坠饰。",
   "hoop", {"radius": 8, "wire": 1.1}, "romantic", 170, 2.8, "birthday everyday", _v("gold turquoise", charm="stone", size=8, cut="oval"), _v("silver none", charm="star8", size=5.5))
_d("earrings", "huggies", "Huggie Earrings", "贴耳小圈耳环", "Short, wide hoops that hug the lobe.", "短而宽的小圈，紧贴耳垂。",
   "huggie", {}, "minimalist", 210, 3.0, "everyday", _v("gold diamond", rows=(-1.3, 1.3), width=5.4, stone=2.2), _v("rose_gold ruby", width=3, drop=7, gem2="ruby", stone=1.9))
_d("earrings", "teardrop", "Teardrop Earrings", "水滴耳坠", "A single drop-shaped stone hangs from a fine hook.", "一颗水滴形宝石垂于纤细耳钩之下。",
   "drop", {"cut": "pear"}, "classic", 240, 3.6, "party anniversary", _v("gold ruby", size=11), _v("silver topaz", size=14, links=1))
_d("earrings", "halo-drops", "Halo Drop Earrings", "光环耳坠", "Drops framed by bright small stones, hung from a stud.", "亮石围边的吊坠悬于耳钉之下。",
   "drop", {"top": "gem2", "gem2": "diamond", "halo": 1.8, "top_size": 4.5}, "romantic", 520, 4.2, "wedding party", _v("platinum emerald", cut="cushion", size=8), _v("gold amethyst", cut="marquise", size=13))
_d("earrings", "ball-drops", "Ball Drop Earrings", "圆珠耳坠", "One smooth ball under a small cap.", "小帽托下悬着一颗光滑圆珠。",
   "drop", {"bead": "round", "cap": True}, "classic", 130, 3.8, "everyday party", _v("gold pearl", size=11, links=1), _v("silver onyx", size=10, top="ball", top_size=4))
_d("earrings", "bead-strand", "Bead Strand Earrings", "串珠耳坠", "Beads strung one below another, the largest at the tip.", "珠子上下串成一线，最大的一颗垂在末端。",
   "strand", {}, "bohemian", 110, 4.0, "party", _v("silver lapis", sizes=(3, 4, 5, 6, 7)), _v("gold pearl", sizes=(4, 4, 4, 4, 4, 8), top="ball", top_size=4))
_d("earrings", "disc-drops", "Disc Drop Earrings", "圆片耳坠", "Thin discs that turn and catch the light as you move.", "薄薄的圆片随步伐轻转，忽明忽暗。",
   "plate_drop", {}, "bohemian", 140, 4.4, "everyday party", _v("gold none", plates=(("round", 10, ""),), hammer=True, surface="hammered"), _v("rose_gold onyx", plates=(("round", 4, "inlay"), ("round", 7, "open"))))
_d("earrings", "leaf-drops", "Leaf Earrings", "叶片耳坠", "Slender leaves with raised veins.", "修长的叶片，叶脉微微凸起。",
   "plate_drop", {}, "nature", 150, 3.6, "everyday", _v("gold none", plates=(("leaf", 13, "vein"),), stretch=1.1))
_d("earrings", "geometry", "Geometric Drop Earrings", "几何耳坠", "Clean outlines, one shape hung below another.", "利落的线条，一形之下再坠一形。",
   "plate_drop", {}, "modern", 145, 4.0, "party everyday", _v("silver lapis", plates=(("triangle", 4, ""), ("hexagon", 8, "inlay"))), _v("gold none", plates=(("diamond", 6, "open"), ("diamond", 9, "open")), wire=1.0))
_d("earrings", "chandelier", "Chandelier Earrings", "枝形吊灯耳坠", "A wide arch with a row of drops that sway.", "宽弧之下垂着一排轻摆的小坠。",
   "chandelier", {}, "statement", 340, 7.8, "party wedding", _v("gold turquoise", gem2="turquoise", width=9), _v("silver garnet", gem2="garnet", width=12, arms=7, size=3))
_d("earrings", "tassel", "Tassel Earrings", "流苏耳坠", "Fine bead chains fall together from a small bell.", "细珠链从小小的铃帽中倾泻而下。",
   "tassel", {}, "bohemian", 160, 5.6, "party", _v("gold none", strands=11, length=30), _v("silver turquoise", strands=8, length=20, size=3.2, top="ball", top_size=5))
_d("earrings", "bar-drops", "Bar Drop Earrings", "长条耳坠", "Straight slender bars, as plain as a pencil line.", "笔直纤长，简洁得像一道铅笔线。",
   "bar_drop", {}, "minimalist", 120, 2.6, "everyday", _v("gold none", bars=((0, 34),), wire=1.0, top="ball", top_size=3.4), _v("silver pearl", bars=((-3.2, 16), (0, 24), (3.2, 16)), size=5))
_d("earrings", "ring-drops", "Linked Ring Earrings", "套环耳坠", "Circles within or below circles.", "大圈小圈，或相套，或相连。",
   "rings_drop", {}, "modern", 150, 4.2, "party everyday", _v("silver none", radii=(4, 6, 8.5), two_tone=True), _v("gold amethyst", radii=(5, 8, 11), nested=True, size=6))
_d("earrings", "climbers", "Ear Climbers", "爬耳耳饰", "A curved line that follows the edge of the ear upwards.", "沿耳廓向上延伸的一道弧线。",
   "climber", {}, "modern", 230, 2.4, "party", _v("platinum diamond", count=7, size=4.4), _v("gold none", kind="leaf", count=7, size=5.2, gem="none"))
_d("earrings", "moon-star", "Moon and Star Earrings", "星月耳坠", "A crescent with a companion in its arms.", "弯月怀抱着它的伙伴。",
   "moon_drop", {}, "celestial", 160, 3.0, "birthday", _v("gold diamond", top="hook", radius=9, star=True), _v("silver moonstone", radius=6, size=4.5), _v("silver pearl", radius=8, size=6.5, top="hook", hook_drop=7))
_d("earrings", "blossom", "Blossom Studs", "花朵耳钉", "Rounded petals around a small centre.", "圆润花瓣环绕小小花心。",
   "flower", {}, "nature", 140, 2.8, "mothers_day everyday", _v("gold pearl", petals=5, size=6, centre=4.4), _v("silver topaz", stone_petals=True, gem2="citrine", petals=6, size=5, centre=3.6))
_d("earrings", "spiral", "Spiral Earrings", "螺旋耳坠", "A wire wound inwards like a shell.", "金属丝向内盘绕，宛如螺壳。",
   "spiral", {}, "bohemian", 120, 3.2, "everyday", _v("silver none", turns=3.2, radius=10, wire=1.0))
_d("earrings", "little-shapes", "Little Shape Studs", "小图案耳钉", "Tiny emblems for the lobe, polished to a mirror.", "小巧图案点缀耳垂，镜面抛光。",
   "shape_stud", {}, "minimalist", 90, 1.6, "birthday everyday", _v("gold none", face="star", size=5), _v("silver onyx", face="clover", size=6, inlay=True))

# Necklaces

_d("necklace", "curb", "Curb Chain Necklace", "马鞭链项链", "Twisted links that lie flat and close.", "拧转的链节平整相扣，服帖颈间。",
   "necklace", {"chain": "curb"}, "classic", 420, 24, "everyday birthday", _v("gold none", link=9, length_mm=500), _v("silver none", link=15, length_mm=450), recipient="unisex")
_d("necklace", "paperclip", "Paperclip Chain Necklace", "回形针链项链", "Long oval links with plenty of air in them.", "修长的椭圆链节，疏朗透气。",
   "necklace", {"chain": "paperclip"}, "modern", 280, 12, "everyday", _v("gold none", link=17, length_mm=450), _v("silver none", link=24, wire=1.6, length_mm=500, pendant="plate", face="round", size=11, note=("A round disc hangs at the centre.", "中间垂着一枚圆牌。")))
_d("necklace", "figaro", "Figaro Chain Necklace", "费加罗链项链", "One long link after every three short ones.", "三短一长，节奏分明的经典链型。",
   "necklace", {"chain": "figaro"}, "classic", 260, 16, "everyday graduation", _v("rose_gold none", link=9, length_mm=500), recipient="unisex")
_d("necklace", "rope", "Rope Chain Necklace", "麻花绳链项链", "Three strands wound into a gleaming cord.", "三股拧成一条闪亮的绳。",
   "necklace", {"chain": "rope"}, "classic", 340, 22, "party everyday", _v("gold none", link=5, length_mm=500), _v("silver none", link=7.5, length_mm=420, round=1.0), recipient="unisex")
_d("necklace", "rolo", "Round Link Necklace", "圆环链项链", "Full round links, each as wide as the next.", "饱满的圆环一个接一个。",
   "necklace", {"chain": "rolo"}, "statement", 310, 28, "party", _v("silver none", link=14, wire=1.5, length_mm=450), _v("gold none", link=9, wire=1.2, length_mm=420, two_tone=True))
_d("necklace", "herringbone", "Herringbone Necklace", "蛇骨扁链项链", "A flat ribbon of metal that moves like cloth.", "扁平如缎带的链身，柔软贴颈。",
   "necklace", {"chain": "herringbone"}, "modern", 380, 18, "party everyday", _v("gold none", link=7, length_mm=420, round=.6))
_d("necklace", "torque", "Torque Collar", "硬颈圈", "A rigid collar that keeps its shape.", "挺括的硬质颈圈，自带气场。",
   "necklace", {"chain": "torque", "round": 1.0, "length_mm": 380}, "statement", 360, 36, "party", _v("silver none", wire=2.2, swell=1.0))
_d("necklace", "pearl-strand", "Pearl Strand", "珍珠项链", "Round pearls knotted on silk.", "圆润珍珠以丝线逐颗打结串成。",
   "necklace", {"chain": "beads"}, "classic", 480, 32, "wedding anniversary", _v("gold pearl", link=8, length_mm=450), _v("silver black_pearl", link=12, grade=.5, length_mm=450), _v("rose_gold pearl", link=5, length_mm=420, second={"below": 17, "link": 6}))
_d("necklace", "bead-strand", "Gemstone Bead Necklace", "宝石串珠项链", "Polished beads strung close together.", "抛光珠子一颗挨着一颗。",
   "necklace", {"chain": "beads", "pattern": ("gem", "metal_s")}, "bohemian", 190, 38, "everyday party", _v("silver turquoise", link=10, flat=.25), _v("gold lapis", link=7, pattern=("gem", "gem", "gem", "metal_s")), _v("gold jade", link=13, grade=.35, pattern=("gem",)))
_d("necklace", "faceted-beads", "Faceted Bead Necklace", "刻面珠项链", "Every bead is cut, so the whole strand glitters.", "颗颗刻面，整串都在闪。",
   "necklace", {"chain": "facet"}, "statement", 230, 34, "party", _v("gold amethyst", link=9, grade=.4))
_d("necklace", "tennis", "Tennis Necklace", "网球项链", "An unbroken line of matched stones.", "一线到底的同款宝石，闪耀不断。",
   "necklace", {"chain": "tennis", "length_mm": 420}, "classic", 1450, 26, "wedding anniversary", _v("platinum diamond", link=4.2, round=1.0))
_d("necklace", "station", "Station Necklace", "间珠项链", "Small accents spaced out along a fine chain.", "细链上疏疏落落点缀小饰。",
   "necklace", {"chain": "stations"}, "minimalist", 220, 7, "everyday birthday", _v("gold pearl", link=7, gap=22, base_size=3.6, wire=.5), _v("silver topaz", link=8, gap=26, base_size=4))
_d("necklace", "fringe", "Fringe Necklace", "流苏项链", "A row of drops fans out below the throat.", "一排小坠在颈下如扇展开。",
   "necklace", {"chain": "cable", "link": 4, "length_mm": 420, "round": .6}, "statement", 420, 22, "party wedding", _v("gold ruby", fringe=5, drop=13, fringe_step=10), _v("gold black_pearl", fringe=4, drop=12, fringe_kind="bead", bead_size=8, fringe_step=11))
_d("necklace", "lariat", "Lariat Necklace", "Y形套索项链", "One end slips through a ring and hangs free with a stone at its tip.", "一端穿过圆环自然垂落，末端缀一颗宝石。",
   "necklace", {"chain": "cable", "link": 4}, "modern", 260, 9, "party", _v("gold amethyst", lariat=42, size=12), _v("silver black_pearl", chain="ball", link=2.6, lariat=30, size=11, cut="round"))
_d("necklace", "layered", "Layered Necklace", "双层项链", "Two chains in one, already spaced so that they do not tangle.", "一条两层，间距早已配好，不易缠绕。",
   "necklace", {"chain": "cable", "link": 4}, "bohemian", 240, 11, "everyday", _v("gold none", chain="ball", link=2.4, second={"chain": "paperclip", "link": 12, "below": 18}), _v("silver turquoise", link=5, second={"chain": "stations", "link": 8, "gap": 24, "below": 22, "base_size": 3.4}))

# Pendants

_d("pendant", "heart", "Heart Pendant", "爱心吊坠", "A heart that says it without words.", "一颗心，无需多言。",
   "necklace", {"pendant": "plate", "face": "heart"}, "romantic", 160, 4.2, "valentines anniversary", _v("rose_gold none", size=11, dome=2.2), _v("silver ruby", pendant="open", size=13, hang=8, cut="heart"), _v("gold diamond", size=10, dome=.3, border=30))
_d("pendant", "disc", "Disc Pendant", "圆牌吊坠", "A round disc, thick enough to feel like a coin.", "厚实的圆牌，触感如同一枚硬币。",
   "necklace", {"pendant": "plate", "face": "round"}, "minimalist", 150, 5.4, "everyday graduation", _v("gold none", size=11, hammer=True, dome=.2, surface="hammered"), _v("rose_gold diamond", size=10, dome=.2, centre=4, rays=16))
_d("pendant", "bar", "Bar Pendant", "条形吊坠", "Slim upright bars with crisp edges.", "修长竖条，棱角分明。",
   "necklace", {"pendant": "bars"}, "minimalist", 130, 3.8, "everyday graduation", _v("gold diamond", size=11, lengths=(1.6, 2.4, 2.0), two_tone=True), recipient="unisex")
_d("pendant", "star", "Star Pendant", "星星吊坠", "A star to carry along.", "把一颗星带在身边。",
   "necklace", {"pendant": "plate", "face": "star"}, "celestial", 140, 3.6, "birthday graduation", _v("gold none", size=12, dome=2.0))
_d("pendant", "moon", "Crescent Moon Pendant", "弯月吊坠", "A slender new moon on a fine chain.", "细链上悬着一弯新月。",
   "necklace", {"pendant": "moon"}, "celestial", 170, 3.4, "birthday", _v("silver moonstone", size=11, centre=8), _v("gold diamond", size=12, star=True), )
_d("pendant", "sun", "Sun Pendant", "太阳吊坠", "Rays run out from a warm centre.", "光芒自中心向外四射。",
   "necklace", {"pendant": "plate", "face": "sun"}, "celestial", 170, 5.0, "birthday", _v("gold citrine", size=12, centre=8, dome=.4))
_d("pendant", "leaf", "Leaf Pendant", "叶子吊坠", "A single leaf on a fine chain.", "细链上悬着一片叶子。",
   "necklace", {"pendant": "plate", "face": "leaf"}, "nature", 140, 3.6, "everyday", _v("silver none", size=13, vein=True))
_d("pendant", "locket", "Locket", "相盒吊坠", "Opens on a hinge and holds two small pictures.", "铰链可开，内藏两张小照片。",
   "necklace", {"pendant": "locket"}, "vintage", 260, 8.8, "mothers_day anniversary", _v("gold none", face="oval", size=13), _v("silver garnet", face="heart", size=11, centre=5))
_d("pendant", "gem-drop", "Gem Drop Pendant", "宝石水滴吊坠", "One generous stone, left to speak for itself.", "一颗饱满主石，自己就是主角。",
   "necklace", {"pendant": "stone"}, "classic", 340, 4.4, "anniversary party", _v("platinum sapphire", cut="pear", size=8, halo=2.0), _v("gold ruby", cut="oval", size=8), _v("rose_gold amethyst", cut="hexagon", size=8))
_d("pendant", "pearl-drop", "Pearl Drop Pendant", "珍珠吊坠", "One lustrous pearl beneath a small cap.", "小帽之下悬着一颗莹润珍珠。",
   "necklace", {"pendant": "ball"}, "classic", 180, 4.6, "wedding birthday", _v("gold pearl", size=6.5))
_d("pendant", "opal-round", "Opal Sunrise Pendant", "日出月弧吊坠", "An off-centre ring holds a stone in its open side.", "偏心圆环在开口处托着一颗宝石。",
   "necklace", {"pendant": "crescent_disc"}, "modern", 230, 4.8, "birthday", _v("rose_gold opal", size=11))
_d("pendant", "infinity", "Infinity Pendant", "无限符号吊坠", "An endless loop, lying on its side.", "横卧的无限符号，绵延不尽。",
   "necklace", {"pendant": "infinity"}, "romantic", 150, 3.2, "valentines anniversary", _v("silver diamond", size=12))
_d("pendant", "key", "Key Pendant", "钥匙吊坠", "A small key with an ornamental bow.", "小小钥匙，匙柄精巧。",
   "necklace", {"pendant": "key"}, "vintage", 180, 4.4, "birthday valentines", _v("gold ruby", face="heart", size=12, cut="heart"))
_d("pendant", "feather", "Feather Pendant", "羽毛吊坠", "A light feather with every barb drawn out.", "轻盈羽毛，羽丝根根分明。",
   "necklace", {"pendant": "feather"}, "bohemian", 150, 4.0, "everyday", _v("silver turquoise", size=11, centre=5))
_d("pendant", "snowflake", "Snowflake Pendant", "雪花吊坠", "Six fine arms, each tipped with a spark.", "六枝细臂，枝头各缀一点光。",
   "necklace", {"pendant": "snowflake"}, "nature", 210, 3.8, "party birthday", _v("platinum diamond", size=12))
_d("pendant", "tree", "Tree of Life Pendant", "生命之树吊坠", "Branches spread inside a ring and carry small stone fruit.", "圆环之内枝桠舒展，缀满小小宝石果实。",
   "necklace", {"pendant": "open", "face": "round", "tree": True}, "nature", 230, 6.2, "mothers_day", _v("gold peridot", size=14))
_d("pendant", "grapes", "Grape Cluster Pendant", "葡萄吊坠", "A little bunch of round beads under two leaves.", "两片小叶下挂着一串圆润珠果。",
   "necklace", {"pendant": "cluster"}, "nature", 190, 6.8, "party", _v("gold jade", size=12))
_d("pendant", "trio", "Graduated Trio Pendant", "三石渐变吊坠", "Three stones, each larger than the one above.", "三颗宝石自上而下，一颗比一颗大。",
   "necklace", {"pendant": "trio"}, "modern", 360, 4.2, "anniversary", _v("platinum diamond", sizes=(4, 6, 8)))
_d("pendant", "linked-rings", "Linked Rings Pendant", "双环相扣吊坠", "Two rings that cannot be parted.", "两环相扣，永不分离。",
   "necklace", {"pendant": "rings"}, "romantic", 170, 4.4, "anniversary mothers_day", _v("gold none", size=12, two_tone=True))
_d("pendant", "clover", "Clover Pendant", "四叶草吊坠", "Four leaves for luck.", "四片叶子，带来好运。",
   "necklace", {"pendant": "plate", "face": "clover"}, "classic", 220, 4.6, "birthday graduation", _v("gold onyx", size=11, inlay=True, beads=36))

# Bracelets

_d("bracelet", "slim-bangle", "Slim Bangle", "细手镯", "A slender bangle that slips over the hand.", "纤细手镯，顺手套入即可。",
   "bangle", {}, "minimalist", 280, 12, "everyday", _v("gold none", width=3.4, thick=2.2))
_d("bracelet", "hammered-bangle", "Hammered Bangle", "锤纹手镯", "A broad bangle with a hand-beaten surface.", "宽面手镯，手工锤纹遍布其上。",
   "bangle", {"kind": "hammered", "surface": "hammered"}, "bohemian", 240, 28, "everyday party", _v("silver none", width=14, thick=3))
_d("bracelet", "open-cuff", "Open Cuff", "开口手镯", "A wide cuff with an opening that adjusts with a gentle squeeze.", "宽镯留有开口，轻轻一捏即可调节。",
   "bangle", {"gap": 162, "gap_back": True}, "statement", 320, 34, "party", _v("silver none", width=20, shape="concave", gap=14, gap_back=False))
_d("bracelet", "torque", "Torque Bracelet", "圆头开口手镯", "A round rod with a ball at either end.", "圆条手镯，两端各收一颗圆珠。",
   "bangle", {"kind": "torque", "gap": 16}, "classic", 210, 20, "everyday", _v("silver turquoise", width=4.4, size=11), _v("gold pearl", width=3.4, size=10, gap=13), recipient="unisex")
_d("bracelet", "twist-bangle", "Twisted Bangle", "扭纹手镯", "Heavy round wires twisted into one.", "粗圆丝拧成一体，扎实有分量。",
   "bangle", {"kind": "twist"}, "vintage", 290, 30, "party everyday", _v("gold none", width=8, pitch=16, two_tone=True))
_d("bracelet", "wave-bangle", "Wave Bangle", "波浪手镯", "Two swelling lines that meet and part.", "两道波纹时聚时散。",
   "bangle", {"kind": "wave"}, "nature", 310, 18, "party", _v("rose_gold pearl", rows=(0, 1), size=5))
_d("bracelet", "lattice-cuff", "Lattice Bangle", "镂空格纹手镯", "Openwork between two rails, light on the wrist.", "双圈之间镂空成格，腕间轻盈。",
   "bangle", {"kind": "lattice"}, "vintage", 340, 22, "party wedding", _v("gold none", width=13, bars=22))
_d("bracelet", "triple-bangle", "Triple Rail Bangle", "三环手镯", "Three rails held together as one.", "三道圆环合而为一。",
   "bangle", {"kind": "rails"}, "modern", 360, 24, "party", _v("silver none", width=13, cross=.55))
_d("bracelet", "bypass-bangle", "Bypass Bangle", "交错手镯", "The ends sweep past each other on top of the wrist.", "两端在腕上交错而过。",
   "bangle", {"kind": "bypass"}, "romantic", 330, 16, "party birthday", _v("gold amethyst", width=4, size=14))
_d("bracelet", "tennis", "Tennis Bracelet", "网球手链", "A supple line of matched stones.", "一线柔软的同款宝石，灵动闪烁。",
   "chain_bracelet", {"chain": "tennis", "link": 4}, "classic", 980, 14, "anniversary wedding", _v("platinum diamond", link=4.4), _v("gold ruby", link=7, cut="oval", gem2="diamond", alternate=True))
_d("bracelet", "charm", "Charm Bracelet", "吊饰手链", "Little charms that jingle along a link chain.", "链上缀着叮当作响的小吊饰。",
   "chain_bracelet", {"chain": "cable", "link": 7}, "romantic", 190, 16, "birthday mothers_day", _v("silver none", charms=(("heart", 12), ("star", 12), ("clover", 11), ("round", 11), ("heart", 12)), link=8))
_d("bracelet", "link", "Link Bracelet", "粗链手链", "Solid links with a good weight to them.", "实心链节，分量十足。",
   "chain_bracelet", {"chain": "curb"}, "classic", 380, 26, "birthday everyday", _v("gold none", chain="curb", link=15), _v("silver none", chain="paperclip", link=20, wire=1.7), recipient="unisex")
_d("bracelet", "bead", "Gemstone Bead Bracelet", "宝石珠手串", "Stone beads on a stretch cord, eased over the hand.", "珠子串于弹力绳上，轻松套入。",
   "chain_bracelet", {"chain": "beads", "stand": False}, "bohemian", 90, 24, "everyday graduation", _v("silver lapis", link=10, pattern=("gem", "gem", "gem", "gem", "metal_s")), _v("gold jade", link=13), _v("rose_gold rose_quartz", chain="facet", link=11, pattern=("gem", "metal_s")), recipient="unisex")
_d("bracelet", "pearl", "Pearl Bracelet", "珍珠手链", "Round pearls, close together.", "圆润珍珠，颗颗相依。",
   "chain_bracelet", {"chain": "beads", "stand": False}, "classic", 220, 18, "wedding anniversary", _v("gold pearl", link=7.5, rows=(0, 8)), _v("silver black_pearl", link=11, pattern=("gem", "gem2"), gem2="pearl"))
_d("bracelet", "id", "Nameplate Bracelet", "名牌手链", "A smooth curved plate on a chain, ready for a name.", "链上一块光滑弧形牌，可供刻字。",
   "chain_bracelet", {"chain": "curb", "link": 9, "plaque": "cushion"}, "modern", 230, 18, "graduation birthday", _v("silver none", plaque_w=20, plaque_h=7), recipient="unisex")
_d("bracelet", "medallion", "Medallion Bracelet", "花片手链", "Matching plates joined edge to edge.", "一片片花牌首尾相连。",
   "chain_bracelet", {"chain": "plates"}, "vintage", 280, 20, "party", _v("gold turquoise", face="daisy", link=15))


def products() -> list[Product]:
    """Every product of the shop, in a fixed order."""
    out = []
    for d in DESIGNS:
        for v in d.variants:
            gem = [] if v.gem == "none" else [v.gem.replace("_", "-")]
            out.append(Product("-".join([d.category, d.slug, *gem, v.metal.replace("_", "-")]), d, v))
    return out


if __name__ == "__main__":
    from collections import Counter

    every = products()
    assert len({p.id for p in every}) == len(every), [k for k, n in Counter(p.id for p in every).items() if n > 1]
    print(len(every), Counter(p.design.category for p in every), Counter(p.variant.metal for p in every))
