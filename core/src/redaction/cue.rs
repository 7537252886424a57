//! Words that say what a number near them is. All are found in one pass; each rule then asks how near, and what stands
//! between.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::fold::{Folded, is_word};

/// What a cue says. A word may say several things, so these are bits.
pub(super) type Meaning = u32;

/// A telephone follows.
pub(super) const CALL: Meaning = 1;
/// A number of a record, an article or a thing follows, never a telephone.
pub(super) const RECORD: Meaning = 1 << 1;
/// United States social security.
pub(super) const SSN: Meaning = 1 << 2;
/// Canadian social insurance.
pub(super) const SIN: Meaning = 1 << 3;
pub(super) const PASSPORT: Meaning = 1 << 4;
/// A driver's licence.
pub(super) const LICENCE: Meaning = 1 << 5;
pub(super) const HEALTH: Meaning = 1 << 6;
/// A version with dots follows.
pub(super) const VERSION: Meaning = 1 << 7;
/// A number that looks like a card's and is none.
pub(super) const PARCEL: Meaning = 1 << 8;
pub(super) const VEHICLE: Meaning = 1 << 9;
/// An address of the network.
pub(super) const NETWORK: Meaning = 1 << 10;
/// A place.
pub(super) const PLACE: Meaning = 1 << 11;
/// A card of payment.
pub(super) const CARD: Meaning = 1 << 12;
/// A record whose number may be written like a telephone.
pub(super) const FIRM: Meaning = 1 << 13;

/// A cue in a text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cue {
    pub start: usize,
    pub end: usize,
    pub meaning: Meaning,
}

/// All cues of a text, in order.
pub(super) struct Cues(Vec<Cue>);

const WORDS: &[(Meaning, &[&str])] = &[
    (
        FIRM,
        &[
            "order", "orders", "invoice", "invoices", "inv", "po", "p.o.", "purchase order", "purchase", "tracking",
            "registration", "rma", "part", "parts", "sku", "barcode", "serial", "sn", "s/n", "stock", "transaction",
            "batch", "commande", "commandes", "facture", "factures", "achat", "bon de commande", "suivi", "colis",
            "immatriculation", "matricule", "serie", "piece", "pieces", "code-barres", "waybill", "bordereau",
            "reference", "ref", "item",
        ],
    ),
    (
        CALL,
        &[
            "call", "calls", "calling", "callback", "call back", "call me", "dial", "phone", "phones", "telephone",
            "tel", "tele", "cell", "cellphone", "cellular", "mobile", "text", "texts", "txt", "sms", "reach", "ring",
            "fax", "landline", "hotline", "voicemail", "whatsapp", "emergency contact", "contact", "reception",
            "phone number", "cell number", "appel", "appelle", "appeler", "appelez", "appellez", "rappeler",
            "rappelle", "rappelez", "composer", "composez", "compose", "joindre", "joignez", "joignable", "rejoindre",
            "rejoignez", "telephoner", "telephonez", "cellulaire", "portable", "texto", "texter", "textez", "textos",
            "telecopieur", "urgence", "numero de telephone", "no de telephone", "no de tel", "numero de cell",
            "boite vocale", "repondeur", "callers", "caller", "msisdn", "sip", "phone_number", "phone_e164",
            "from_number", "to_number", "phoning", "telephoned", "rang", "called", "texted", "appele", "rappele",
            "sonne-moi", "ligne directe", "direct line",
        ],
    ),
    (
        RECORD,
        &[
            "order", "orders", "ord", "invoice", "invoices", "inv", "po", "p.o.", "purchase order", "purchase",
            "tracking", "track", "registration", "ticket", "tickets", "job", "jobs", "ref", "reference", "rma", "case",
            "quote", "estimate", "claim", "account", "acct", "serial", "sn", "s/n", "part", "parts", "sku", "barcode",
            "bar code", "upc", "ean", "gtin", "isbn", "stock", "model", "transaction", "confirmation", "policy",
            "contract", "batch", "lot", "epoch", "timestamp", "event", "request", "odometer", "mileage", "work order",
            "wo", "ro", "so", "customer no", "customer number", "customer id", "client no", "client id", "document",
            "doc", "receipt", "shipment", "parcel", "package", "waybill", "bordereau", "fedex", "ups", "dhl",
            "purolator", "canada post", "usps", "imei", "meid", "iccid", "gst", "hst", "qst", "tps", "tvq", "neq",
            "ein", "duns", "vat", "siret", "siren", "business number", "commande", "commandes", "facture", "factures",
            "achat", "bon", "bon de travail", "bon de commande", "suivi", "colis", "immatriculation", "matricule",
            "dossier", "dossiers", "billet", "reclamation", "compte", "serie", "numero de serie", "no de serie",
            "piece", "pieces", "code-barres", "code barres", "modele", "police", "contrat", "soumission", "devis",
            "lot", "evenement", "requete", "odometre", "kilometrage", "recu", "envoi", "postes canada",
            "numero d'entreprise", "enregistrement", "reservation", "booking", "demande", "sinistre", "autorisation",
            "authorization", "auth code", "approval", "delivery", "livraison", "asset", "unit", "unite", "fob",
            "pro number", "bol", "bill of lading", "duree", "duration", "event id", "message id", "inventaire",
            "inventory", "fiche", "id", "uid", "device", "appareil", "article", "item", "produit", "product",
            "catalogue", "catalog", "membre", "member", "membership", "loyalty", "points", "fidelite", "warranty",
            "garantie", "campaign", "campagne", "recall", "rappel no", "bulletin", "tsb", "plate", "plaque", "permit",
            "seq", "sequence", "offset", "build", "run", "trace", "span",
        ],
    ),
    (
        SSN,
        &[
            "ssn", "ssns", "s.s.n.", "social security", "social", "tin", "itin", "taxpayer", "tax id", "w-9", "w9",
            "1099", "securite sociale", "nss",
        ],
    ),
    (
        SIN,
        &[
            "sin", "sins", "s.i.n.", "nas", "n.a.s.", "social insurance", "assurance sociale", "assurance-sociale",
            "insurance number", "t4", "t4a", "releve 1",
        ],
    ),
    (PASSPORT, &["passport", "passports", "passeport", "passeports", "ppt no", "travel document", "titre de voyage"]),
    (
        LICENCE,
        &[
            "licence", "license", "licences", "licenses", "permis", "driver", "driver's", "drivers", "drivers'", "dl",
            "d.l.", "driving", "conduire", "chauffeur", "licensed", "lic", "permis de conduire", "driver's licence",
            "driver's license", "drivers license", "driver licence", "driver license", "dln", "saaq",
        ],
    ),
    (
        HEALTH,
        &[
            "health", "health card", "health insurance", "carte soleil", "assurance maladie", "assurance-maladie",
            "ramq", "ohip", "carte sante", "sante", "medicare", "nam", "carte d'assurance maladie", "phn", "ahcip",
            "hcn", "numero d'assurance maladie", "soleil", "maladie", "msp",
        ],
    ),
    (
        VERSION,
        &[
            "version", "versions", "ver", "firmware", "release", "update", "updated", "upgrade", "upgraded",
            "mise a jour", "maj", "logiciel", "micrologiciel", "software", "rev", "revision", "patch", "driver", "app",
            "build", "section", "chapter", "chapitre", "article", "clause", "paragraph", "paragraphe", "step", "etape",
            "api", "sdk", "kernel", "installed", "installe", "installee", "outil", "scanner", "tool", "programme",
            "pilote", "appli", "calibration", "module", "ecu", "psi", "kpa", "odis", "techstream", "wis",
        ],
    ),
    (
        PARCEL,
        &[
            "imei", "meid", "iccid", "esn", "serial", "serie", "device", "appareil", "tracking", "track", "suivi",
            "colis", "parcel", "package", "ups", "fedex", "dhl", "usps", "purolator", "canada post", "postes canada",
            "canpar", "waybill", "bordereau", "gift card", "gift cards", "carte-cadeau", "carte cadeau",
            "cartes-cadeaux", "order", "commande", "invoice", "facture", "timestamp", "epoch", "shipment", "envoi",
            "barcode", "code-barres", "ean", "upc", "gtin", "event", "evenement", "loyalty", "fidelite", "points card",
            "carte de points", "sim", "pin no", "expedition", "reference", "ref", "sscc", "pallet", "palette",
            "transaction", "trace", "batch", "job", "id", "part", "piece", "modem", "routeur", "router", "telematics",
            "telematique", "eld", "gps", "traceur", "tracker", "livraison", "delivery", "recu", "receipt", "ticket",
            "air miles", "aeroplan", "intelcom", "dicom", "loomis",
        ],
    ),
    (
        VEHICLE,
        &[
            "vin", "vins", "niv", "chassis", "vehicle id", "vehicle identification", "numero de chassis",
            "identification du vehicule", "numero d'identification",
        ],
    ),
    (
        NETWORK,
        &[
            "ip", "ips", "ipv4", "ipv6", "ip address", "adresse ip", "host", "server", "serveur", "hote", "login",
            "connexion", "remote", "peer", "src", "dst", "ping", "client", "client_ip", "remote_addr",
            "x-forwarded-for", "from", "depuis", "ssh", "vpn", "firewall", "pare-feu", "gateway", "passerelle", "dns",
            "subnet", "logged in", "banned", "blocked", "addr", "access log", "whitelist", "allowlist",
        ],
    ),
    (
        PLACE,
        &[
            "at", "address", "adresse", "located", "location", "lives", "live", "living", "site", "au", "pick up",
            "pickup", "deliver", "delivery", "deliver to", "ship", "ship to", "shipping", "drop off", "dropoff",
            "livraison", "livrer", "livrez", "habite", "reste", "demeure", "demenage", "moved to", "move to", "situe",
            "situee", "garage", "stationne", "chez", "to", "from", "home", "house", "bill to", "come to", "go to",
            "meet at", "parked", "property", "service address", "immeuble", "logement", "office", "bureau", "tow to",
            "is", "rendez-vous",
        ],
    ),
    (
        CARD,
        &[
            "card", "carte", "visa", "mastercard", "amex", "american express", "discover", "debit", "credit", "cc",
            "payment", "paiement", "charge", "bill", "facturez", "debitez", "mc",
        ],
    ),
];

static DICTIONARY: LazyLock<HashMap<&'static [u8], Meaning>> = LazyLock::new(|| {
    let mut words: HashMap<&[u8], Meaning> = HashMap::new();
    for (meaning, list) in WORDS {
        for word in *list {
            *words.entry(word.as_bytes()).or_default() |= meaning;
        }
    }
    words
});

/// A cue has at most so many words.
const LONGEST: usize = 4;

/// Words that may stand between a cue and its number.
const FILLERS: &[&[u8]] = &[
    b"no", b"nos", b"num", b"number", b"numbers", b"numero", b"numeros", b"n", b"nr", b"nbr", b"is", b"was", b"est",
    b"s", b"it", b"c", b"the", b"a", b"an", b"le", b"la", b"les", b"l", b"d", b"de", b"du", b"des", b"en", b"id",
    b"code", b"my", b"our", b"your", b"his", b"her", b"their", b"mon", b"ma", b"notre", b"votre", b"son", b"sa", b"of",
    b"for", b"pour", b"in", b"to", b"client", b"on", b"at", b"au", b"a", b"new", b"nouveau", b"and", b"et", b"or",
    b"ou", b"with", b"avec", b"as", b"sous", b"canada", b"post", b"card", b"carte", b"us", b"canadian", b"canadien",
    b"holder", b"up", b"back", b"me", b"moi", b"us", b"nous", b"him", b"lui", b"them", b"please", b"pls", b"svp",
    b"anytime", b"sur", b"par", b"via", b"directly", b"ici",
];

/// Makes the dictionary now rather than at the first message.
pub(super) fn prepare() {
    LazyLock::force(&DICTIONARY);
}

impl Cues {
    /// Finds all cues that stand as words of their own; of two that begin together the longer one counts.
    pub(super) fn find(text: &Folded) -> Self {
        let mut cues = Vec::new();
        let mut from = 0;
        while from < text.len() {
            if !text.is_word(from) {
                from += 1;
                continue;
            }
            let mut ends = [0_usize; LONGEST];
            let mut words = 0;
            let mut index = from;
            while words < LONGEST && index < text.len() {
                let end = word_end(text, index);
                ends[words] = end;
                words += 1;
                // Words of a cue are one character apart.
                index = end + 1;
                if !text.is_word(index) {
                    break;
                }
            }
            let found = ends[..words].iter().rev().find_map(|end| {
                let dotted = end + usize::from(text.lower.get(*end) == Some(&b'.'));
                [dotted, *end].into_iter().find_map(|end| {
                    DICTIONARY.get(&text.lower[from..end]).map(|meaning| Cue { start: from, end, meaning: *meaning })
                })
            });
            from = if let Some(cue) = found {
                cues.push(cue);
                cue.end
            } else {
                ends[0]
            };
        }
        Self(cues)
    }

    /// Whether the text has a cue of the meaning at all.
    pub(super) fn any(&self, meaning: Meaning) -> bool {
        self.0.iter().any(|cue| cue.meaning & meaning != 0)
    }

    /// The last cue of a meaning that ends before `at`, if it is at most `reach` characters away.
    pub(super) fn before(&self, at: usize, reach: usize, meaning: Meaning) -> Option<Cue> {
        let until = self.0.partition_point(|cue| cue.end <= at);
        self.0[..until]
            .iter()
            .rev()
            .take_while(|cue| at - cue.end <= reach)
            .find(|cue| cue.meaning & meaning != 0)
            .copied()
    }

    /// The first cue of a meaning that begins after `at`, if it is at most `reach` characters away.
    pub(super) fn after(&self, at: usize, reach: usize, meaning: Meaning) -> Option<Cue> {
        let from = self.0.partition_point(|cue| cue.start < at);
        self.0[from..].iter().take_while(|cue| cue.start - at <= reach).find(|cue| cue.meaning & meaning != 0).copied()
    }

    /// The cue right before `at`: nothing but filler words, punctuation and other numbers between.
    pub(super) fn right_before(&self, text: &Folded, at: usize, meaning: Meaning) -> Option<Cue> {
        let cue = self.before(at, 48, meaning)?;
        only_fillers(&text.lower[cue.end..at]).then_some(cue)
    }

    /// The cue right after `at`, in the same way.
    pub(super) fn right_after(&self, text: &Folded, at: usize, meaning: Meaning) -> Option<Cue> {
        let cue = self.after(at, 24, meaning)?;
        only_fillers(&text.lower[at..cue.start]).then_some(cue)
    }
}

fn word_end(text: &Folded, from: usize) -> usize {
    (from..text.len()).find(|index| !text.is_word(*index)).unwrap_or(text.len())
}

/// Whether a stretch says nothing of its own. The end of a sentence or of a line says that something new begins.
pub(super) fn only_fillers(gap: &[u8]) -> bool {
    if gap.iter().any(|byte| matches!(byte, b'\n' | b'!' | b'?' | b';')) || gap.windows(2).any(|pair| pair == b". ") {
        // "no. 5" and "tel. 5" are abbreviations, not ends.
        let trimmed = gap.trim_ascii();
        let abbreviated = trimmed == b"." || trimmed.ends_with(b"no.") || trimmed.ends_with(b"num.");
        if !abbreviated {
            return false;
        }
    }
    gap.split(|byte| !is_word(*byte))
        .filter(|word| !word.is_empty())
        .all(|word| FILLERS.contains(&word) || word.iter().all(u8::is_ascii_digit))
}
