/// What tells languages in Latin letters apart: their small words and those of shopping, letters beyond a to z, endings.
enum LatinTable {
    static let words: [String: String] = [
        "en": """
        the and of to in is are was were be been have has had do does did don't can could would should will shall may might i you he she it we \
        they me my your his her our their this that these those what which who when where why how there here not no yes with without for from \
        at on by about under over than more less some any all please show want need like looking find give tell help buy order orders delivery \
        return price cost much many cheap cheaper expensive size gift birthday wedding ring rings necklace necklaces bracelet bracelets \
        earring earrings pendant gold silver platinum pearl pearls diamond diamonds stone white black blue red green small large new another \
        something anything one ones hello hi thanks thank it's i'm i'd what's shop store card pay track where's mother wife sister friend ship \
        shipping
        """,
        "fr": """
        le la les un une des du de et à au aux en est sont été être avoir ai as avez je tu il elle nous vous ils elles me mon ma mes votre vos \
        notre son sa ses ce cet cette ces que qui quoi quel quelle quels quelles où quand comment pourquoi combien ne pas plus moins avec sans \
        pour par dans sur sous chez mais ou si oui non bonjour merci s'il plaît voudrais veux cherche montrez puis peux pouvez faut bague \
        bagues collier colliers bracelet bracelets boucles oreilles oreille pendentif or argent platine perle perles diamant diamants pierre \
        blanc blanche noir noire bleu bleue rouge vert petite petit grand grande taille prix coûte commande livraison retour retourner acheter \
        cadeau anniversaire mariage mère femme soeur amie euros moins cher chère avez-vous est-ce l d j c qu n s
        """,
        "de": """
        der die das den dem des ein eine einen einem einer eines und oder aber nicht kein keine ist sind war waren sein haben habe hat hatte \
        ich du er sie es wir ihr mich mir mein meine meinen meiner ihre ihren dies diese dieser dieses was wer wie wo wann warum welche \
        welcher welches wieviel viel mit ohne für von zu zum zur im in an am auf bei aus nach über unter als auch noch nur bitte danke hallo \
        guten tag ja nein möchte will kann können suche zeigen zeig brauche gibt haben ring ringe kette ketten halskette armband armbänder \
        ohrringe ohrring ohrstecker anhänger gold silber platin perle perlen diamant diamanten stein weiß schwarz blau rot grün klein groß \
        größe preis kostet kosten bestellung bestellen lieferung zurückgeben rückgabe kaufen geschenk geburtstag hochzeit mutter frau \
        schwester freundin euro günstig günstiger teuer
        """,
        "es": """
        el la los las un una unos unas y o pero no sí de del al a en con sin para por sobre bajo entre es son está están era ser estar hay he \
        ha han tengo tiene tienen yo tú él ella nosotros usted ustedes me mi mis te tu su sus se lo le les este esta estos estas ese esa eso \
        que qué quién cuál cuándo cuánto cuánta cuántos dónde cómo porqué más menos muy también quiero quisiera busco necesito puedo puede \
        pueden muéstrame enséñame mostrar hola gracias favor buenos días anillo anillos collar collares pulsera pulseras pendientes aretes \
        colgante oro plata platino perla perlas diamante diamantes piedra blanco blanca negro negra azul rojo verde pequeño pequeña grande \
        talla tamaño precio cuesta pedido pedidos envío entrega devolver devolución comprar regalo cumpleaños boda madre mujer esposa hermana \
        amiga euros dólares barato barata
        """,
        "it": """
        il lo la i gli le un uno una e o ma non sì di del dello della dei degli delle al allo alla ai alle da dal dalla in nel nella con senza \
        per su tra fra è sono era essere avere ho hai ha abbiamo avete hanno io tu lui lei noi voi loro mi mio mia miei mie ti suo sua suoi \
        vostro vostra si ci questo questa questi queste quello quella che chi cosa quale quali quando quanto quanta costa dove come perché più \
        meno molto anche vorrei voglio cerco posso può potete mostrami mostratemi avete ciao grazie favore buongiorno anello anelli collana \
        collane bracciale bracciali orecchini orecchino ciondolo oro argento platino perla perle diamante diamanti pietra bianco bianca nero \
        nera blu rosso verde piccolo piccola grande misura taglia prezzo ordine ordini spedizione consegna restituire reso comprare regalo \
        compleanno matrimonio madre moglie sorella amica euro economico l un' dell dall nell sull all
        """,
        "pt": """
        o a os as um uma uns umas e ou mas não sim de do da dos das ao aos à às em no na nos nas com sem para por pelo pela sobre entre é são \
        está estão era ser estar há tenho tem têm eu tu ele ela nós você vocês me meu minha meus minhas te seu sua seus suas se este esta \
        estes estas esse essa isso isto que quem qual quais quando quanto quanta onde como porquê mais menos muito também quero queria \
        gostaria procuro preciso posso pode podem mostre mostrar mostra olá obrigado obrigada favor bom dia anel anéis colar colares pulseira \
        pulseiras brincos brinco pingente ouro prata platina pérola pérolas diamante diamantes pedra branco branca preto preta azul vermelho \
        verde pequeno pequena grande tamanho preço custa encomenda pedido entrega envio devolver devolução comprar presente aniversário \
        casamento mãe mulher esposa irmã amiga euros reais barato
        """,
        "nl": """
        de het een en of maar niet geen is zijn was waren ben bent heb hebt heeft hebben had ik jij je u hij zij ze wij we jullie mij me mijn \
        uw jouw haar hun deze dit die dat wat wie welke wanneer waar waarom hoe hoeveel met zonder voor van naar te ten op aan in bij uit over \
        onder als ook nog maar graag alstublieft dank bedankt hallo goedendag ja nee wil wilt zou kan kunnen kunt zoek toon laat zien nodig \
        ring ringen ketting kettingen armband armbanden oorbellen oorbel hanger goud gouden zilver zilveren platina parel parels diamant \
        diamanten steen wit witte zwart zwarte blauw blauwe rood rode groen klein kleine groot grote maat prijs kost kosten bestelling \
        bestellen levering bezorging retourneren terugsturen kopen cadeau verjaardag bruiloft moeder vrouw zus vriendin euro goedkoop \
        goedkoper duur er worden wordt mag moet
        """,
        "pl": """
        i a w z na do od o u po za przy przez dla bez pod nad nie tak jest są był była było być mam masz ma mamy mają ja ty on ona my wy oni \
        mnie mi mój moja moje mojej mojego twój jego jej ten ta to te tego tej co kto jaki jaka jakie który która które kiedy gdzie dlaczego \
        ile jak czy się już jeszcze też albo lub ale więcej mniej bardzo proszę dziękuję cześć dzień dobry chcę chciałbym chciałabym szukam \
        potrzebuję mogę może pokaż pokażcie pierścionek pierścionki naszyjnik naszyjniki bransoletka bransoletki kolczyki kolczyk wisiorek \
        złoto złota złoty złote złotą srebro srebrny srebrne srebra platyna perła perły perłami diament diamenty diamentem kamień biały biała \
        czarny czarna niebieski czerwony zielony mały mała duży duża rozmiar cena kosztuje zamówienie zamówienia dostawa dostawy zwrot zwrócić \
        kupić prezent urodziny ślub matki mamy żony siostry przyjaciółki euro złotych tanie tańsze
        """,
        "tr": """
        ve veya ama bir bu şu o ben sen biz siz onlar bana sana benim senin bizim sizin için ile de da mi mı mu mü ne kim hangi nerede nasıl \
        neden kaç ne zaman var yok değil evet hayır lütfen teşekkürler teşekkür ederim merhaba selam günler iyi istiyorum isterim arıyorum \
        lazım göster gösterin gösterir misiniz misin alabilir edebilir miyim kadar daha çok az en gibi olan altında üstünde yüzük yüzükler \
        yüzüğü kolye kolyeler bileklik bilezik küpe küpeler kolye ucu altın gümüş platin inci elmas pırlanta taş taşlı beyaz siyah mavi \
        kırmızı yeşil küçük büyük beden ölçü fiyat fiyatı kaça ucuz pahalı sipariş siparişim teslimat kargo iade etmek satın almak hediye \
        doğum günü düğün anne annem eşim kız kardeşim arkadaşım lira dolar euro
        """,
    ]

    static let letters: [String: String] = [
        "fr": "éèêëàâçùûîïôœ", "de": "äöüß", "es": "áéíóúñü", "it": "àèéìòù", "pt": "áâãàçéêíóôõú", "nl": "ëïé", "pl": "ąćęłńóśźż",
        "tr": "çğıöşü",
    ]

    static let endings: [String: String] = [
        "en": "ing tion tions ed ly ness ment ight ould ough th",
        "fr": "eau eaux eux euse tion ment ez ais ait aux oir ique ette ettes ère ée ées",
        "de": "ung ungen lich ische ischer chen heit keit en er isch tzt ste ät ß ieren",
        "es": "ción ciones dad mente ito ita ando iendo ado ada ados adas os as oso osa ería",
        "it": "zione zioni ità mente ino ina etto etta ato ata ati ate oso osa are ere ire cchi ghi zzo zza",
        "pt": "ção ções dade mente inho inha ando endo ado ada oso osa ões ãe ar eira eiro",
        "nl": "ing heid lijk lijke tje tjes en jes aar oos eel ijn eren achtig",
        "pl": "nie ość ego emu ych ymi ami owy owa owe ek ki cie rz cz sz ów ski ska iem",
        "tr": "lar ler lık lik dan den tan ten dır dir yor mak mek ım im nız niz ları leri lı li lu lü",
    ]
}
