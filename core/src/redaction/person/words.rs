//! Words around names, and words that are names only by accident.

/// Titles that belong to the name behind them.
pub(super) const TITLES: &[&[u8]] = &[
    b"mr", b"mrs", b"ms", b"miss", b"mx", b"dr", b"prof", b"sir", b"m", b"mme", b"mlle", b"monsieur", b"madame",
    b"mademoiselle", b"mister", b"messrs", b"docteur", b"dre", b"me",
];

/// What stands before a name alone and shows that a person is meant.
pub(super) const BEFORE: &[&[u8]] = &[
    b"hi", b"hello", b"hey", b"dear", b"bonjour", b"bonsoir", b"salut", b"allo", b"cher", b"chere", b"thanks",
    b"thank", b"merci", b"this", b"is", b"its", b"it's", b"c'est", b"est", b"call", b"ask", b"tell", b"with", b"for",
    b"from", b"by", b"and", b"contact", b"name", b"appelle", b"appelez", b"demandez", b"demander", b"avec", b"pour",
    b"par", b"chez", b"ici", b"et", b"ou", b"see", b"reach", b"text", b"meet", b"let", b"to", b"a", b"que",
    b"rappelez", b"joindre", b"nom", b"client", b"customer", b"owner", b"driver", b"tech", b"technician",
    b"technicien", b"chauffeur", b"sincerely", b"regards", b"cordialement", b"moi", b"i'm", b"im", b"am", b"suis",
    b"s", b"c", b"that", b"attn", b"cc", b"voir", b"dites", b"dis", b"prevenez", b"laissez", b"message", b"signed",
];

/// What follows a name alone and shows that a person is meant.
pub(super) const AFTER: &[&[u8]] = &[
    b"is", b"was", b"will", b"has", b"had", b"said", b"says", b"wants", b"wanted", b"asked", b"called", b"calls",
    b"would", b"can", b"could", b"needs", b"needed", b"left", b"s", b"here", b"speaking", b"est", b"a", b"veut",
    b"voulait", b"dit", b"demande", b"vient", b"va", b"sera", b"etait", b"attend", b"parle", b"appelle", b"ici",
    b"and", b"et", b"or", b"ou", b"from", b"at", b"to", b"doesn", b"didn", b"isn", b"won", b"again", b"confirmed",
    b"confirme", b"approved", b"came", b"picked", b"signed", b"works", b"ne", b"n", b"lui", b"me", b"m", b"running",
    b"texted", b"replied", b"paid", b"dropped", b"arrives", b"arrive", b"passera",
];

/// What stands before a word and shows that no person is meant.
pub(super) const THING_BEFORE: &[&[u8]] = &[
    b"the", b"a", b"an", b"le", b"la", b"les", b"l", b"un", b"une", b"des", b"du", b"de", b"this", b"that", b"ce",
    b"cette", b"my", b"our", b"your", b"rue", b"avenue", b"boulevard", b"boul", b"chemin", b"route", b"lac", b"lake",
    b"mont", b"mount", b"port", b"fort", b"saint", b"sainte", b"st", b"ste", b"new", b"used", b"ville", b"pont",
    b"bridge", b"hotel", b"cafe", b"garage", b"audi", b"bmw", b"buick", b"cadillac", b"chevrolet", b"chevy",
    b"chrysler", b"dodge", b"fiat", b"ford", b"gmc", b"honda", b"hyundai", b"infiniti", b"jaguar", b"jeep", b"kia",
    b"lexus", b"lincoln", b"mazda", b"mercedes", b"mini", b"mitsubishi", b"nissan", b"porsche", b"ram", b"subaru",
    b"suzuki", b"tesla", b"toyota", b"volkswagen", b"volvo", b"vw", b"acura", b"austin", b"morgan", b"aston",
    b"bentley", b"rolls", b"land", b"range", b"freightliner", b"kenworth", b"peterbilt", b"mack", b"hino", b"isuzu",
];

/// What follows a word and shows that no person is meant: companies, streets, models.
pub(super) const THING_AFTER: &[&[u8]] = &[
    b"inc", b"ltd", b"ltee", b"llc", b"corp", b"co", b"cie", b"enr", b"motors", b"auto", b"autos", b"automobile",
    b"garage", b"group", b"groupe", b"transport", b"transports", b"logistics", b"logistique", b"trucking", b"towing",
    b"remorquage", b"construction", b"services", b"service", b"street", b"st", b"avenue", b"ave", b"road", b"rd",
    b"drive", b"blvd", b"boulevard", b"lane", b"court", b"place", b"square", b"bridge", b"park", b"mall", b"station",
    b"hotel", b"period", b"note", b"works", b"sons", b"fils", b"freres", b"brothers", b"bros", b"associates",
    b"associes", b"partners", b"city", b"dealership", b"dealer", b"concessionnaire", b"toyota", b"honda", b"ford",
    b"nissan", b"mazda", b"hyundai", b"kia", b"chevrolet", b"bmw", b"audi", b"volkswagen", b"mercedes", b"subaru",
    b"lexus", b"acura", b"replica", b"edition", b"center", b"centre", b"island", b"lake", b"bay", b"county",
    b"university", b"school", b"hospital", b"foundation", b"enterprises", b"entreprises", b"industries", b"electric",
    b"electrique", b"plumbing", b"plomberie", b"roofing", b"toitures", b"fleet", b"rentals", b"location",
];

/// Names that are ordinary words, places or makes too; alone they count only where the words around show a person.
pub(super) const AMBIGUOUS: &[&[u8]] = &[
    b"grace", b"mark", b"marks", b"bill", b"will", b"may", b"april", b"june", b"august", b"summer", b"autumn",
    b"grant", b"rose", b"faith", b"hope", b"joy", b"art", b"jack", b"dean", b"chase", b"hunter", b"mason", b"carter",
    b"ford", b"lincoln", b"austin", b"tucker", b"rich", b"frank", b"pat", b"sue", b"drew", b"rob", b"ray", b"dale",
    b"glen", b"cliff", b"brook", b"brooke", b"heather", b"olive", b"violet", b"iris", b"lily", b"ivy", b"daisy",
    b"pierre", b"claire", b"aimee", b"blanche", b"constance", b"prudence", b"marine", b"fleur", b"desire", b"parfait",
    b"juste", b"noel", b"miller", b"smith", b"cook", b"baker", b"king", b"young", b"white", b"brown", b"green",
    b"black", b"gray", b"grey", b"long", b"short", b"wood", b"woods", b"stone", b"hill", b"hills", b"field", b"fields",
    b"rivers", b"park", b"parks", b"banks", b"bank", b"price", b"page", b"day", b"knight", b"bishop", b"pope", b"roy",
    b"leblanc", b"lebrun", b"legrand", b"petit", b"grand", b"beau", b"boucher", b"charpentier", b"mercier",
    b"marchand", b"major", b"gold", b"golden", b"silver", b"dodge", b"mercedes", b"chevrolet", b"royal", b"royce",
    b"kenworth", b"mack", b"sterling", b"jean", b"victoria", b"florence", b"sydney", b"paris", b"london", b"jordan",
    b"chelsea", b"madison", b"savannah", b"charlotte", b"georgia", b"virginia", b"carolina", b"dakota", b"israel",
    b"chad", b"kent", b"bath", b"reading", b"laval", b"levis", b"hamilton", b"kingston", b"windsor", b"nelson",
    b"regina", b"winter", b"winters", b"rain", b"snow", b"frost", b"storm", b"star", b"sky", b"sunny", b"crystal",
    b"ruby", b"pearl", b"amber", b"jade", b"opal", b"ginger", b"basil", b"sage", b"rosemary", b"angel", b"christian",
    b"earl", b"duke", b"baron", b"noble", b"sergeant", b"porter", b"parker", b"driver", b"butler", b"taylor",
    b"turner", b"walker", b"wheeler", b"fisher", b"fox", b"wolf", b"bird", b"swan", b"drake", b"lane", b"street",
    b"west", b"east", b"north", b"south", b"church", b"temple", b"house", b"holmes", b"mills", b"mill", b"rush",
    b"sharp", b"strong", b"swift", b"wise", b"good", b"best", b"case", b"cash", b"cole", b"colt", b"dash", b"lance",
    b"miles", b"penny", b"skip", b"tab", b"trip", b"van", b"wade", b"ward", b"lave", b"lavoie", b"laforest",
    b"lafleur", b"lapierre", b"laroche", b"rochon", b"fontaine", b"lafontaine", b"lacroix", b"leclerc", b"lemieux",
    b"lajoie", b"lavigne", b"lamontagne", b"larue", b"lagrange", b"dupont", b"dubois", b"dumont", b"duval", b"martin",
    b"francis", b"france", b"laurent", b"laurier", b"saint", b"belle", b"bon", b"cote", b"poste", b"tremble",
    b"morgan", b"jaguar", b"jasper", b"lexus", b"kia", b"axel", b"axle", b"otto", b"auto", b"diesel", b"ash", b"reed",
    b"rod", b"dot", b"gene", b"norm", b"pierce", b"rusty", b"buck", b"chip", b"clay", b"flint", b"rocky", b"sandy",
    b"stormy", b"windy", b"destiny", b"harmony", b"melody", b"patience", b"trinity", b"victor", b"oscar", b"romeo",
    b"juliet", b"mike", b"echo", b"charlie", b"delta", b"vince",
];

/// Capitalised words that are no names: they open sentences, name offices, days, places and makes.
pub(super) const NO_NAMES: &[&[u8]] = &[
    b"the", b"my", b"our", b"your", b"this", b"that", b"we", b"i", b"you", b"he", b"she", b"they", b"it", b"parts",
    b"service", b"reception", b"dispatch", b"sales", b"support", b"shipping", b"receiving", b"accounting", b"billing",
    b"office", b"manager", b"team", b"all", b"everyone", b"folks", b"there", b"sir", b"madam", b"monsieur", b"madame",
    b"desk", b"front", b"gate", b"bay", b"shop", b"garage", b"security", b"customer", b"client", b"clients",
    b"technician", b"driver", b"owner", b"tenant", b"landlord", b"monday", b"tuesday", b"wednesday", b"thursday",
    b"friday", b"saturday", b"sunday", b"january", b"february", b"march", b"april", b"may", b"june", b"july",
    b"august", b"september", b"october", b"november", b"december", b"lundi", b"mardi", b"mercredi", b"jeudi",
    b"vendredi", b"samedi", b"dimanche", b"janvier", b"fevrier", b"mars", b"avril", b"mai", b"juin", b"juillet",
    b"aout", b"septembre", b"octobre", b"novembre", b"decembre", b"quebec", b"montreal", b"ottawa", b"toronto",
    b"canada", b"vermont", b"audi", b"bmw", b"buick", b"cadillac", b"chevrolet", b"chrysler", b"dodge", b"ford",
    b"gmc", b"honda", b"hyundai", b"jeep", b"kia", b"lexus", b"lincoln", b"mazda", b"mercedes", b"mini", b"mitsubishi",
    b"nissan", b"porsche", b"ram", b"subaru", b"tesla", b"toyota", b"volkswagen", b"volvo", b"vw", b"vin", b"niv",
    b"po", b"ro", b"invoice", b"order", b"job", b"ticket", b"unit", b"key", b"keys", b"yes", b"no", b"ok", b"okay",
    b"please", b"pls", b"thanks", b"thank", b"merci", b"oui", b"non", b"hi", b"hello", b"bonjour", b"call", b"if",
    b"when", b"where", b"what", b"who", b"how", b"not", b"just", b"only", b"also", b"and", b"or", b"but", b"le", b"la",
    b"les", b"un", b"une", b"des", b"du", b"de", b"vous", b"nous", b"je", b"il", b"elle", b"on", b"votre", b"notre",
    b"mon", b"ma", b"mes", b"ce", b"cette", b"pour", b"avec", b"dans", b"sur", b"pas", b"apres", b"avant", b"service",
    b"vente", b"ventes", b"comptoir", b"atelier", b"reparation", b"livraison", b"facturation", b"comptabilite",
    b"equipe", b"gerant", b"directeur", b"directrice", b"monsieur", b"messieurs", b"mesdames", b"tous", b"toutes",
    b"tout", b"gerante", b"technicien", b"chauffeur", b"proprietaire", b"locataire", b"repartiteur", b"repartition",
    b"bienvenue", b"welcome", b"good", b"morning", b"afternoon", b"evening", b"us", b"usps", b"ups", b"fedex",
    b"canadian", b"american", b"english", b"french", b"francais", b"anglais", b"google", b"apple", b"microsoft",
    b"twilio", b"whatsapp", b"facebook", b"visa", b"mastercard", b"amex", b"paypal", b"back", b"new", b"old", b"inc",
    b"ltd", b"ltee", b"llc", b"regards", b"best", b"kind", b"sent", b"from", b"subject", b"date", b"re", b"fw", b"fwd",
    b"tr", b"objet", b"envoye", b"urgent", b"important", b"attention", b"note", b"ps", b"fyi", b"asap", b"svp",
    b"purchasing", b"logistics", b"logistique", b"transport", b"fleet", b"flotte", b"warranty", b"garantie",
    b"department", b"departement", b"dept", b"administration", b"management", b"direction", b"operations", b"centre",
    b"center", b"group", b"groupe", b"company", b"compagnie", b"services", b"accounts", b"payable", b"receivable",
    b"hr", b"rh", b"it", b"ti", b"help", b"aide", b"someone", b"anyone", b"quelqu", b"personne", b"ext", b"poste",
    b"tel", b"cell", b"fax", b"phone", b"email", b"courriel", b"address", b"adresse", b"number", b"numero", b"name",
    b"nom", b"test", b"demo", b"patchbay", b"again", b"urgence", b"emergency", b"here", b"ici", b"after", b"before",
    b"still", b"late", b"ready", b"pret", b"prete", b"north", b"south", b"east", b"west", b"highway", b"route", b"rue",
    b"avenue", b"boulevard", b"chemin", b"street", b"road", b"true", b"false", b"null", b"none",
];
