"""Word banks of the reviews: six subjects, opinion words, neutral sentences.

Every bank is a comma-separated string, so that it reads as a list of words and not
as Python. Opinion words come in pairs of banks, positive first. No word stands in
both banks of a pair.
"""

from dataclasses import dataclass


def split_words(text: str) -> list[str]:
    """Splits a comma-separated bank into its entries."""
    return [" ".join(entry.split()) for entry in text.split(",") if entry.strip()]


@dataclass(frozen=True)
class Aspect:
    """A family of parts of a subject that the same adjectives fit.

    Args:
        parts: What is judged, such as "plot, story". Entries all singular or all
            plural.
        good: Adjectives that praise such a part.
        bad: Adjectives that find fault with it.
        plural: Whether the parts take "were".
    """

    parts: str
    good: str
    bad: str
    plural: bool = False


@dataclass(frozen=True)
class Topic:
    """A subject of reviews with its own words.

    Args:
        nouns: Names for the whole thing.
        good: Adjectives that praise the whole, and that "not" turns into blame.
        bad: The opposite.
        superb: Topical adjectives too strong to be negated clearly.
        awful: The opposite.
        aspects: The parts and their adjectives.
        units: Small portions of it, for "not a single ...".
        neutral: Sentences that carry no opinion.
    """

    nouns: str
    good: str
    bad: str
    superb: str
    awful: str
    aspects: tuple[Aspect, ...]
    units: str
    neutral: tuple[str, ...]


# Neutral sentences for the topics that one goes to.
VISIT = (
    "We went on a {day} with {kin}.",
    "I was there with {kin}.",
    "{kin} came along.",
    "I wore my {colour} {garment} that day.",
    "We came by {vehicle} from the {place}.",
    "Before that we had been {hobby}.",
    "Afterwards we went {hobby}.",
    "I had my {thing} with me.",
    "That was my {ordinal} visit.",
    "That was in {month}.",
)

FILM = Topic(
    nouns="film, movie, picture, comedy, thriller, drama, western, romance, sequel,"
    "remake, adventure",
    good="gripping, moving, entertaining, clever, touching, heartfelt, imaginative,"
    "captivating, absorbing, thrilling",
    bad="boring, tedious, predictable, silly, shallow, confusing, lifeless,"
    "forgettable, pretentious, dreary",
    superb="spellbinding, mesmerising, unforgettable",
    awful="unwatchable, painful, excruciating",
    aspects=(
        Aspect(
            "plot, story, script, dialogue, ending, opening, storyline",
            "gripping, clever, original, believable, moving",
            "dull, predictable, confusing, implausible, shallow",
        ),
        Aspect(
            "acting, cast, supporting cast, voice acting",
            "convincing, natural, powerful, sincere, expressive",
            "wooden, stiff, unconvincing, lifeless, forced",
        ),
        Aspect(
            "photography, camera work, lighting, scenery, editing, production design",
            "beautiful, stylish, elegant, striking, graceful",
            "ugly, sloppy, amateurish, careless, murky",
        ),
        Aspect(
            "music, soundtrack, score, theme song",
            "beautiful, haunting, catchy, stirring, memorable",
            "annoying, grating, forgettable, shrill, repetitive",
        ),
        Aspect(
            "jokes, gags, comic scenes, punchlines",
            "funny, amusing, witty, clever, fresh",
            "stale, lame, unfunny, childish, feeble",
            plural=True,
        ),
        Aspect(
            "special effects, fight scenes, stunts, costumes, chase scenes",
            "exciting, impressive, convincing, imaginative, inventive",
            "cheap, fake, laughable, unconvincing, shoddy",
            plural=True,
        ),
    ),
    units="scene, line, shot",
    neutral=(
        "We sat in the {ordinal} row.",
        "It runs for about two hours.",
        "The cinema is next to the {place}.",
        "We bought popcorn and {drink}.",
        "It was shown with subtitles.",
        "The story is set in the {decade}.",
        "It was filmed in black and white.",
        "The main character works as {job}.",
        "I watched it on a {day} {daytime}.",
        "There were about {number} people in the audience.",
        "It takes place on {setting}.",
        "My ticket is still in the pocket of my {colour} {garment}.",
        "Our seats were close to the aisle.",
        "We streamed it at home on the sofa.",
        "The trailer was shown in {month}.",
        "It is about {job} and {job2} who meet on {setting}.",
        "The credits list more than a hundred animators.",
        "It is the third part of a trilogy.",
        *VISIT,
    ),
)

RESTAURANT = Topic(
    nouns="restaurant, bistro, diner, pizzeria, tavern, cafe, brasserie, steakhouse,"
    "canteen, eatery, grill house",
    good="cosy, welcoming, friendly, charming, inviting, relaxing, hospitable",
    bad="overpriced, dirty, gloomy, unfriendly, shabby, unwelcoming, stuffy",
    superb="heavenly, divine, exquisite",
    awful="revolting, disgusting, filthy",
    aspects=(
        Aspect(
            "soup, salad, risotto, curry, bread, pasta, stew, pie, omelette,"
            "lasagne, pizza, cheesecake, house special",
            "tasty, delicious, fresh, flavourful, appetising",
            "bland, tasteless, stale, unappetising, soggy",
        ),
        Aspect(
            "steak, lamb, chicken, duck, beef, pork, salmon, trout, turkey",
            "tender, juicy, tasty, succulent, delicious",
            "tough, chewy, overcooked, dry, burnt",
        ),
        Aspect(
            "vegetables, noodles, dumplings, pancakes, sandwiches, starters,"
            "meatballs, dishes",
            "tasty, fresh, delicious, flavourful, appetising",
            "soggy, bland, tasteless, stale, greasy",
            plural=True,
        ),
        Aspect(
            "service, table service, bar service, lunchtime service",
            "friendly, polite, attentive, helpful, courteous",
            "rude, careless, inattentive, impolite, grumpy",
        ),
        Aspect(
            "waiters, waitresses, staff, servers, owners, bar staff",
            "friendly, polite, attentive, helpful, courteous",
            "rude, careless, inattentive, impolite, grumpy",
            plural=True,
        ),
        Aspect(
            "dining room, terrace, decor, courtyard, interior",
            "inviting, cosy, pleasant, elegant, charming",
            "gloomy, drab, dingy, tacky, shabby",
        ),
        Aspect(
            "prices, drinks prices, lunch prices, bills, extra charges",
            "fair, reasonable, sensible",
            "outrageous, unfair, excessive",
            plural=True,
        ),
        Aspect(
            "portions, helpings, servings",
            "generous, ample, hearty",
            "tiny, stingy, meagre, skimpy",
            plural=True,
        ),
        Aspect(
            "wine, house wine, coffee, cider, cocktail",
            "smooth, flavourful, delicious, refreshing",
            "watery, sour, stale, bitter",
        ),
    ),
    units="dish, bite, mouthful",
    neutral=(
        "We had a table by the window.",
        "We ordered {dish} and {dish2}.",
        "I had {dish} with a glass of {drink}.",
        "The menu changes every {month}.",
        "We were {number} people at one table.",
        "It is on the corner by the {place}.",
        "The kitchen closes at {hour}.",
        "We booked by telephone on a {day}.",
        "The napkins are {colour}.",
        "We paid by card and walked home.",
        "There are about {number} tables upstairs.",
        "The owner used to be {job}.",
        "We shared {dish} as a starter.",
        "They also serve {drink}.",
        "Lunch is served from noon.",
        "The chairs are painted {colour}.",
        "The recipe for {dish} hangs on the wall.",
        "Parking is across the street.",
        *VISIT,
    ),
)

BOOK = Topic(
    nouns="book, novel, paperback, biography, memoir, mystery, volume, fairy tale,"
    "travelogue, saga",
    good="gripping, absorbing, thoughtful, insightful, engaging, readable, poignant,"
    "engrossing, compelling, wise",
    bad="tedious, dreary, shallow, pompous, rambling, muddled, plodding, tiresome,"
    "dull, longwinded",
    superb="unputdownable, masterly, unforgettable",
    awful="unreadable, painful, unbearable",
    aspects=(
        Aspect(
            "prose, writing, style, language, translation, dialogue",
            "elegant, vivid, lively, graceful, poetic",
            "clumsy, lifeless, stilted, wooden, pompous",
        ),
        Aspect(
            "plot, story, premise, ending, final twist, last chapter",
            "clever, original, believable, satisfying, gripping",
            "predictable, implausible, confusing, contrived, unsatisfying",
        ),
        Aspect(
            "characters, main characters, villains, minor figures",
            "believable, likeable, memorable, lifelike",
            "flat, unlikeable, unconvincing, forgettable, interchangeable",
            plural=True,
        ),
        Aspect(
            "narration, narrative voice, storytelling, tone",
            "engaging, lively, witty, warm",
            "tiresome, monotonous, irritating, whiny",
        ),
        Aspect(
            "illustrations, drawings, maps, photographs, sketches",
            "beautiful, charming, delicate, attractive",
            "ugly, crude, blurry, sloppy, amateurish",
            plural=True,
        ),
        Aspect(
            "cover, binding, layout, typography",
            "attractive, neat, handsome, elegant",
            "ugly, flimsy, sloppy, unattractive, messy",
        ),
        Aspect(
            "chapters, descriptions, essays, conversations, footnotes",
            "informative, interesting, insightful, lively",
            "dull, repetitive, tedious, wordy, pointless",
            plural=True,
        ),
    ),
    units="page, chapter, sentence",
    neutral=(
        "My copy came from the library.",
        "It has three hundred pages.",
        "I read it on the train.",
        "It is about {job} who lives near the {place}.",
        "The cover is {colour}.",
        "I read it in {month}.",
        "It was translated from {tongue}.",
        "The author worked as {job} before.",
        "I keep it on the shelf above my desk.",
        "It is set on {setting} in the {decade}.",
        "The second volume comes out in {month}.",
        "I borrowed it from {kin}.",
        "My edition has {number} chapters.",
        "It was a present from {kin}.",
        "Our reading group meets every {day}.",
        "The letters are printed in a small font.",
        "A map is printed on the inside of the jacket.",
        "There is a glossary at the back.",
        "I read it in {tongue}.",
    ),
)

HOTEL = Topic(
    nouns="hotel, inn, guesthouse, hostel, lodge, resort, motel, farmhouse, chalet",
    good="comfortable, peaceful, charming, welcoming, clean, cosy, relaxing, homely",
    bad="dirty, noisy, shabby, neglected, uncomfortable, unwelcoming, grubby,"
    "depressing",
    superb="heavenly, idyllic, luxurious",
    awful="filthy, squalid, unbearable",
    aspects=(
        Aspect(
            "room, bathroom, suite, bedroom, hallway, lobby, lounge",
            "clean, tidy, bright, cosy, spacious",
            "dirty, grimy, shabby, smelly, musty",
        ),
        Aspect(
            "bed, mattress, pillow, sofa, armchair",
            "comfortable, clean, cosy, inviting",
            "lumpy, uncomfortable, saggy, stained, smelly",
        ),
        Aspect(
            "towels, sheets, curtains, blankets, carpets, rugs",
            "clean, fresh, soft",
            "dirty, stained, threadbare, grubby, smelly",
            plural=True,
        ),
        Aspect(
            "receptionists, porters, night managers, housekeepers, guides",
            "helpful, friendly, polite, courteous, kind",
            "rude, unhelpful, unfriendly, impatient, grumpy",
            plural=True,
        ),
        Aspect(
            "staff, cleaners, owners, hosts",
            "helpful, friendly, polite, courteous, kind",
            "rude, unhelpful, unfriendly, impatient, grumpy",
            plural=True,
        ),
        Aspect(
            "breakfast, buffet, evening meal, packed lunch",
            "tasty, generous, appetising, delicious",
            "stale, bland, meagre, unappetising",
        ),
        Aspect(
            "pool, gym, sauna, garden, spa, terrace, playground",
            "inviting, clean, pleasant, attractive",
            "dirty, neglected, uninviting, unpleasant, crowded",
        ),
        Aspect(
            "view, location, setting, sea view, neighbourhood",
            "lovely, beautiful, scenic, pleasant, attractive",
            "dreary, ugly, depressing, bleak, disappointing",
        ),
        Aspect(
            "shower, heating, lift, air conditioning, internet connection",
            "reliable, efficient, dependable",
            "unreliable, useless, faulty, temperamental",
        ),
    ),
    units="night, corner, room",
    neutral=(
        "We stayed for {number} nights.",
        "Our room was on the {ordinal} floor.",
        "It is {number} minutes from the {place}.",
        "Our arrival was on a {day} {daytime}.",
        "The walls are painted {colour}.",
        "Breakfast starts at {hour}.",
        "We came by {vehicle}.",
        "We travelled with {kin}.",
        "The key was a plastic card.",
        "There is {a place} across the road.",
        "We left our {thing} at the desk.",
        "We were there in {month}.",
        "The building dates from the {decade}.",
        "I was in town for a meeting of {trade}.",
        "The wardrobe holds {number} hangers.",
        "A painting of {an_animal} hangs above the bed.",
        "They speak {tongue} at the desk.",
        "We drank {drink} on the balcony.",
        *VISIT,
    ),
)

PHONE = Topic(
    nouns="phone, handset, smartphone, device, mobile, gadget, model",
    good="reliable, fast, sturdy, handy, practical, sleek, responsive, dependable,"
    "versatile",
    bad="slow, unreliable, clunky, fragile, flimsy, sluggish, overpriced,"
    "unresponsive, impractical",
    superb="flawless, unbeatable, stunning",
    awful="useless, worthless, unusable",
    aspects=(
        Aspect(
            "screen, display, touchscreen, picture quality, home screen",
            "sharp, bright, clear, vivid, crisp",
            "blurry, dim, fuzzy, murky, patchy",
        ),
        Aspect(
            "camera, front camera, zoom, flash",
            "impressive, precise, dependable, useful",
            "shoddy, useless, unreliable, faulty",
        ),
        Aspect(
            "battery, charger, charging cable, memory card, plug",
            "reliable, durable, dependable, efficient",
            "unreliable, faulty, feeble, defective, shoddy",
        ),
        Aspect(
            "speaker, microphone, sound, call quality, ringtone",
            "clear, crisp, rich, pleasant",
            "tinny, muffled, distorted, crackly, harsh",
        ),
        Aspect(
            "casing, keyboard, power button, frame, back cover",
            "sturdy, solid, sleek, durable, elegant",
            "flimsy, fragile, wobbly, cheap, ugly",
        ),
        Aspect(
            "software, menu, interface, operating system, browser, search function",
            "intuitive, smooth, fast, responsive",
            "buggy, confusing, slow, cluttered, sluggish",
        ),
        Aspect(
            "apps, settings, updates, shortcuts, extra functions",
            "useful, handy, intuitive, helpful",
            "buggy, confusing, annoying, intrusive, pointless",
            plural=True,
        ),
        Aspect(
            "customer service, help desk, repair service, hotline",
            "helpful, prompt, friendly, efficient",
            "unhelpful, rude, slow, useless",
        ),
    ),
    units="feature, button, function",
    neutral=(
        "I bought it in {month}.",
        "Mine is the {colour} version.",
        "It came in {a colour} box.",
        "It replaced an older one.",
        "I carry it in my {garment} pocket.",
        "I use it for calls and text messages.",
        "I charge it every {day}.",
        "The manual is in {tongue}.",
        "I have owned it for {number} months.",
        "It was delivered on a {day} {daytime}.",
        "My contract runs for {number} more months.",
        "I keep photos of my {pet} on it.",
        "I keep it beside my {thing}.",
        "The memory holds {number} thousand pictures.",
        "I need it for my work as {job}.",
        "My wallpaper shows {an_animal}.",
        "I mostly use it in town.",
        "It has two slots for cards.",
        "It was a present from {kin}.",
    ),
)

SHOW = Topic(
    nouns="show, play, musical, series, sitcom, production, revue, pantomime, opera,"
    "matinee, concert",
    good="lively, moving, spirited, entertaining, enchanting, uplifting, absorbing,"
    "delightful, captivating",
    bad="boring, tedious, amateurish, tiresome, lifeless, chaotic, repetitive,"
    "dreary, uninspired",
    superb="dazzling, electrifying, unforgettable",
    awful="excruciating, unwatchable, painful",
    aspects=(
        Aspect(
            "cast, chorus, ensemble, orchestra, band, choir",
            "talented, energetic, lively, polished, spirited",
            "lifeless, amateurish, sloppy, tired, uninspired",
        ),
        Aspect(
            "singers, dancers, actors, musicians, performers, acrobats",
            "talented, graceful, energetic, expressive, skilful",
            "clumsy, lifeless, untalented, amateurish, unprepared",
            plural=True,
        ),
        Aspect(
            "music, singing, overture, title tune, closing number",
            "catchy, stirring, beautiful, tuneful, memorable",
            "grating, shrill, forgettable, tuneless, repetitive",
        ),
        Aspect(
            "stage design, staging, lighting, scenery, choreography",
            "inventive, striking, elegant, imaginative",
            "clumsy, drab, sloppy, ugly, unimaginative",
        ),
        Aspect(
            "script, dialogue, storyline, pilot episode, finale, libretto",
            "witty, clever, original, gripping, touching",
            "predictable, corny, muddled, dull, contrived",
        ),
        Aspect(
            "costumes, sets, props, puppets, masks",
            "colourful, inventive, charming, beautiful",
            "shabby, ugly, tacky, drab, cheap",
            plural=True,
        ),
        Aspect(
            "theatre, auditorium, hall, balcony",
            "comfortable, elegant, cosy, inviting",
            "stuffy, cramped, uncomfortable, draughty",
        ),
        Aspect(
            "jokes, sketches, episodes, monologues, comic songs",
            "funny, clever, fresh, amusing, witty",
            "stale, unfunny, feeble, childish, tired",
            plural=True,
        ),
    ),
    units="scene, song, minute",
    neutral=(
        "We had seats in the {ordinal} row.",
        "The second act begins after an interval.",
        "The programme lists {number} songs.",
        "We went with {kin}.",
        "It is on every {day} {daytime}.",
        "The cloakroom is beside the {place}.",
        "The main part is {job}.",
        "It plays on {setting} in the {decade}.",
        "The curtain is {colour}.",
        "We saw it in {month}.",
        "{an_animal} appears in the last scene.",
        "The first act has {number} scenes.",
        "The last season has {number} episodes.",
        "They sing in {tongue}.",
        "There was {drink} at the bar in the interval.",
        "One of the extras is {job}.",
        "It is on tour until {month}.",
        "I kept the programme and the ticket.",
        "Part of it takes place on {setting}.",
        *VISIT,
    ),
)

TOPICS = (FILM, RESTAURANT, BOOK, HOTEL, PHONE, SHOW)

# Opinion words that fit every topic: kind -> (positive bank, negative bank).
# "mild" words turn into their opposite under "not"; "strong" ones do not quite
# ("not superb" may still be good), so no pattern negates them on their own.
OPINIONS = {
    "mild": (
        (
            "good, enjoyable, pleasant, nice, interesting, impressive, satisfying,"
            "likeable, appealing, worthwhile"
        ),
        (
            "bad, poor, disappointing, annoying, unpleasant, frustrating, irritating,"
            "unsatisfying, mediocre, unimpressive"
        ),
    ),
    "strong": (
        (
            "wonderful, superb, brilliant, excellent, fantastic, marvellous,"
            "magnificent, terrific, splendid, outstanding, fabulous, sensational,"
            "glorious, amazing"
        ),
        (
            "awful, terrible, dreadful, horrible, appalling, atrocious, abysmal,"
            "dismal, woeful, horrendous, ghastly, hopeless, disastrous, wretched"
        ),
    ),
    "weak": (
        "nice, decent, pleasant, promising, agreeable, interesting, amusing",
        "slow, uneven, awkward, ordinary, plain, bland, unremarkable",
    ),
    "gem": (
        "triumph, joy, delight, treat, pleasure, success, gem, treasure, marvel",
        "mess, disaster, letdown, failure, chore, bore, ordeal, flop, nightmare",
    ),
    "glad": (
        "delighted, pleased, happy, satisfied, thrilled, impressed, content, overjoyed",
        (
            "disappointed, annoyed, unhappy, dissatisfied, frustrated, irritated,"
            "bored, displeased"
        ),
    ),
    "loved": (
        "loved, liked, enjoyed, adored, admired, appreciated",
        "hated, disliked, detested, loathed, despised",
    ),
    "love": (
        "love, like, enjoy, adore, admire, appreciate",
        "hate, dislike, detest, loathe, despise",
    ),
    "charmed": (
        "charmed, delighted, impressed, pleased, enchanted, thrilled",
        "annoyed, bored, irritated, disappointed, upset, frustrated",
    ),
    "charm": (
        "charm, delight, impress, please, enchant, thrill",
        "annoy, bore, irritate, disappoint, upset, frustrate",
    ),
    # Feelings that "not" turns into their clear opposite.
    "happy": (
        "happy, satisfied, pleased, impressed, delighted",
        "disappointed, bored, annoyed, let down",
    ),
    "please": ("please, impress, delight, convince", "disappoint, bore, annoy"),
    "pleased": (
        "pleased, impressed, delighted, convinced",
        "disappointed, bored, annoyed",
    ),
    # What softens a word: "fairly nice" but "a little slow".
    "hedge": (
        "fairly, reasonably, quite, moderately",
        "slightly, a little, a bit, a touch",
    ),
    # What a thing has none of ("lacked charm", "no flaws").
    "merit": (
        "charm, elegance, care, style, warmth, character, imagination, flair",
        "flaws, faults, problems, weaknesses, mistakes, shortcomings, defects",
    ),
}

# Words that carry no opinion and stand inside the patterns.
NEUTRAL_SLOTS = {
    "very": "very, extremely, incredibly, really, remarkably",
    "utterly": "absolutely, utterly, totally, completely, simply, truly",
    "someone": "my brother, my sister, my neighbour, a colleague, one reviewer,"
    "the man next to me, my best friend, my boss, my cousin, my landlord,"
    "a critic I know, a friend of mine, the woman beside us, my dentist",
}

# Words of the neutral sentences.
NEUTRAL_WORDS = {
    "kin": "my sister, my brother, my cousin, my neighbour, my aunt, my uncle,"
    "my daughter, my son, my flatmate, a colleague, an old classmate, two friends,"
    "my grandmother, my grandfather, my husband, my wife, my partner, my nephew,"
    "my niece, my parents, my teammates, our lodger, my godmother,"
    "a friend from college, my tutor, my stepson, the twins, my mother, my father,"
    "a former student, my landlady, our babysitter, my roommate",
    "job": "a nurse, a teacher, a plumber, a gardener, a baker, a carpenter,"
    "an electrician, a librarian, a farmer, a lawyer, a pilot, a sailor, a tailor,"
    "a postman, a chemist, an architect, a butcher, a hairdresser, a bookkeeper,"
    "a vet, a miner, a welder, a journalist, a translator, an optician, a surgeon,"
    "a locksmith, a firefighter, a biologist, an astronomer, a blacksmith,"
    "a goldsmith, a beekeeper, a clockmaker, a shepherd, a judge, a painter,"
    "a mathematician, a geologist, a potter, a glazier, a roofer, an engineer,"
    "a violinist, a lifeguard, a forester, a fisherman, a secretary, a mechanic",
    "trade": "dentists, printers, surveyors, accountants, florists, archivists,"
    "builders, brewers, economists, botanists, historians, bankers, insurers",
    "place": "station, harbour, park, museum, school, church, bakery, bridge, market,"
    "town hall, canal, pharmacy, stadium, hospital, river, post office, lighthouse,"
    "castle, fountain, university, airport, cemetery, zoo, windmill, monastery,"
    "swimming pool, tram stop, supermarket, florist, laundry, barracks, embassy,"
    "observatory, quarry, shipyard, cathedral, playing field, fire station",
    "setting": "an island, a farm, a ship, a mountain, a space station, a submarine,"
    "a beach, a glacier, a volcano, an oil rig, a plantation, a barge, a prairie,"
    "a distant planet, a raft, an airfield, a racecourse, a steppe, a peninsula",
    "day": "Monday, Tuesday, Wednesday, Thursday, Friday, Saturday, Sunday",
    "daytime": "morning, afternoon, evening",
    "month": "January, February, March, April, May, June, July, August, September,"
    "October, November, December",
    "decade": "thirties, forties, fifties, sixties, seventies, eighties, nineties,"
    "twenties",
    "number": "two, three, four, five, six, seven, eight, nine, ten, eleven, twelve",
    "ordinal": "second, third, fourth, fifth, sixth, seventh, eighth, ninth, tenth",
    "colour": "red, blue, green, yellow, brown, grey, white, black, purple, orange,"
    "beige, turquoise, violet, pink, silver, navy, crimson, ivory",
    "garment": "coat, jacket, raincoat, cardigan, waistcoat, scarf, anorak, dress,"
    "pullover, shirt, suit, skirt, hoodie, overcoat",
    "thing": "rucksack, umbrella, handbag, suitcase, notebook, wallet, briefcase,"
    "basket, lunchbox, pencil case, toolbox, hat, parcel, bicycle helmet, purse,"
    "thermos, guitar, camera bag, walking stick, pram, toothbrush, racket",
    "vehicle": "train, bus, tram, ferry, taxi, bicycle, car, coach, underground,"
    "motorbike, scooter, boat, minibus",
    "dish": "tomato soup, fried rice, onion tart, mushroom ravioli, lentils, sushi,"
    "roast potatoes, goulash, falafel, spinach quiche, grilled prawns, gnocchi,"
    "beetroot salad, apple strudel, a cheese platter, paella, ramen, tacos,"
    "potato salad, kebabs, polenta, hummus, cabbage rolls, ratatouille, couscous,"
    "pea soup, garlic bread, an aubergine bake, chickpeas, crab cakes, sardines",
    "drink": "lemonade, tea, mineral water, cocoa, ginger beer, apple juice,"
    "white wine, cola, iced tea, tonic, buttermilk, espresso, orangeade, sherry",
    "tongue": "French, German, Spanish, Italian, Dutch, Polish, Greek, Turkish,"
    "Finnish, Japanese, Korean, Danish, Welsh, Hungarian, Portuguese, Swahili,"
    "Norwegian, Czech",
    "hour": "six, seven, eight, nine, ten, eleven",
    "pet": "dog, cat, parrot, rabbit, tortoise, hamster, canary, puppy, kitten,"
    "poodle, terrier, budgie",
    "an_animal": "a horse, a swan, a donkey, a fox, an owl, a squirrel, a whale,"
    "a goat, a hedgehog, a deer, a goose, a lion, a heron, an otter, a sparrow,"
    "a cow, a dolphin, a camel, a beaver, a badger, a lizard, an elephant, a zebra",
    "hobby": "swimming, hiking, fishing, sailing, skating, bowling, climbing, skiing,"
    "rowing, dancing, jogging, camping, riding, cycling, birdwatching",
    "weather": "cloudy, windy, misty, frosty, breezy, overcast, rainy, snowy, hazy,"
    "sunny",
    "goods": "apples, pears, plums, cherries, apricots, bananas, lemons, grapes,"
    "blackberries, raspberries, strawberries, carrots, leeks, turnips, parsnips,"
    "cucumbers, radishes, cauliflower, broccoli, celery, peas, beans, walnuts,"
    "almonds, chestnuts, flour, sugar, salt, pepper, cinnamon, vinegar, honey, eggs,"
    "butter, yoghurt, milk, oats, soap, candles, matches, batteries, envelopes, nails",
    "collectible": "stamps, coins, postcards, maps, buttons, thimbles, teapots,"
    "marbles, shells, fossils, pebbles, feathers, posters, autographs, spoons,"
    "corkscrews, bottle tops, model trains, clocks, globes, lanterns, teddy bears",
    "instrument": "piano, cello, flute, oboe, clarinet, trumpet, trombone, tuba,"
    "harp, viola, banjo, ukulele, accordion, mandolin, saxophone, xylophone,"
    "bagpipes, drums, harmonica, recorder, organ, zither",
    "craft": "knitting, chess, pottery, calligraphy, juggling, origami, carpentry,"
    "embroidery, woodwork, archery, badminton, handball, volleyball, croquet",
}

# Neutral sentences for every topic.
NEUTRAL = (
    "It was {a weather} {day} in {month}.",
    "I heard of it from {kin}.",
    "I live {number} streets away from the {place}.",
    "I work as {job}.",
    "I am {job} and my birthday is in {month}.",
    "{kin} asked me about it on {day}.",
    "I write this before I go home by {vehicle}.",
    "I am writing this on a {day} {daytime}.",
    "I talked about it with {job} I know.",
    "Usually I spend my {day} {daytime} with {craft}.",
    "The day before, I had been {hobby} with {kin}.",
    "I am back from {number} weeks abroad.",
    "My {pet} was asleep at home.",
    "Outside it was {weather}.",
    "I learned about it at my {craft} club.",
    "A {pet} sat by the {place} as we walked past.",
    "My hobby is {craft}.",
    "On the way I bought {goods} and {goods2}.",
    "I collect {collectible} and {collectible2}.",
    "I play the {instrument} and the {instrument2}.",
    "I wrote these lines in {a colour} notebook.",
    "I am from a village with {number} houses and {a place}.",
)
