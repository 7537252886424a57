//! What customers say, in English, French and Spanish; in the spelling of [`crate::words::normalized`].

use super::{Language, MenuChoice};
use crate::words::has_any;

/// Ways to ask for a person. Source: domain, triage flow, escape hatch.
const PERSON: &[&str] = &[
    "human", "agent", "person", "representative", "operator", "talk to someone", "talk to somebody",
    "speak to someone", "speak with someone", "speak to somebody", "humain", "personne", "conseiller", "conseillere",
    "operateur", "operatrice", "representant", "parler a quelqu un", "humano", "humana", "agente", "persona",
    "representante", "operador", "operadora", "asesor", "asesora", "hablar con alguien",
];

/// What cannot wait. Source: domain, intake rules, emergency rules for priority.
const EMERGENCY: &[&str] = &[
    "emergency", "gas leak", "gas leaking", "leaking gas", "smell gas", "smell of gas", "smells like gas",
    "smelling gas", "gas smell", "flood", "flooding", "flooded", "water damage", "burst pipe", "pipe burst",
    "electrical smoke", "smoke from", "on fire", "fire in", "there is a fire", "sparks", "sparking", "no heat",
    "heating is out", "heat is out", "freezing", "break in", "broke in", "broken into", "burglary", "intruder",
    "cannot secure", "can t secure", "cannot lock", "can t lock", "won t lock", "does not lock", "doesn t lock",
    "trapped", "locked in", "exit is blocked", "exit blocked", "entrance is blocked", "entrance blocked", "urgence",
    "fuite de gaz", "odeur de gaz", "sent le gaz", "inondation", "inonde", "degat des eaux", "degats des eaux",
    "degat d eau", "degats d eau", "tuyau eclate", "fumee", "etincelles", "incendie", "au feu", "pas de chauffage",
    "plus de chauffage", "sans chauffage", "effraction", "cambriolage", "intrus", "ne ferme plus a cle",
    "ne se verrouille", "coince a l interieur", "sortie bloquee", "entree bloquee", "emergencia", "fuga de gas",
    "escape de gas", "olor a gas", "huele a gas", "inundacion", "inundado", "inundada", "danos por agua",
    "tuberia rota", "humo", "chispas", "incendio", "fuego", "sin calefaccion", "no hay calefaccion", "intruso",
    "allanamiento", "no se puede cerrar", "no cierra con llave", "atrapado", "atrapada", "salida bloqueada",
    "entrada bloqueada",
];

const SALES: &[&str] = &[
    "sales", "sale", "buy", "buying", "purchase", "price", "prices", "pricing", "quote", "order something", "ventes",
    "vente", "acheter", "achat", "prix", "devis", "soumission", "ventas", "venta", "comprar", "compra", "precio",
    "precios", "cotizacion", "presupuesto",
];
const SUPPORT: &[&str] = &[
    "support", "technical", "tech support", "not working", "doesn t work", "does not work", "broken", "error",
    "problem", "issue", "help with", "soutien", "technique", "assistance technique", "ne marche pas",
    "ne fonctionne pas", "brise", "en panne", "erreur", "probleme", "soporte", "tecnico", "no funciona", "roto",
    "rota", "fallo", "problema",
];
const CUSTOMER_SERVICE: &[&str] = &[
    "customer service", "account", "billing", "bill", "invoice", "payment", "refund", "transaction", "charge",
    "charged", "service client", "service a la clientele", "compte", "facturation", "facture", "paiement",
    "remboursement", "servicio al cliente", "atencion al cliente", "cuenta", "facturacion", "factura", "pago",
    "reembolso", "transaccion", "cobro",
];
const DISPATCH: &[&str] = &[
    "dispatch", "service request", "technician", "repair", "appointment", "schedule", "visit", "come over",
    "maintenance", "demande de service", "technicien", "reparation", "reparer", "rendez vous", "visite", "entretien",
    "depannage", "solicitud de servicio", "reparacion", "reparar", "cita", "visita", "mantenimiento",
];

const ENGLISH: &[&str] = &[
    "the", "is", "are", "my", "i", "you", "hello", "hi", "hey", "please", "and", "to", "with", "not", "have", "need",
    "help", "thanks", "thank", "yes", "good", "morning", "what", "how", "can", "it", "this",
];
const FRENCH: &[&str] = &[
    "le", "les", "est", "mon", "ma", "mes", "je", "vous", "bonjour", "bonsoir", "salut", "svp", "merci", "et", "avec",
    "pas", "besoin", "aide", "oui", "une", "des", "du", "pour", "dans", "j ai", "ne", "au", "allo",
];
const SPANISH: &[&str] = &[
    "el", "los", "las", "esta", "mi", "mis", "yo", "usted", "hola", "buenos", "buenas", "dias", "tardes", "por",
    "favor", "gracias", "con", "necesito", "ayuda", "una", "del", "para", "tengo", "quiero", "puerta",
];

/// Whether somebody asks for a person. `words`: see [`crate::words::spaced`].
pub fn asks_for_a_person(words: &str) -> bool {
    has_any(words, PERSON)
}

/// Whether something cannot wait.
pub fn is_emergency(words: &str) -> bool {
    has_any(words, EMERGENCY)
}

/// The entry of the menu that somebody means: a number, alone or first, else a keyword of just one entry.
pub fn choice_of(words: &str) -> Option<MenuChoice> {
    let mut all = words.split_whitespace();
    let first = all.next()?;
    let number = match first {
        "option" | "number" | "numero" | "opcion" | "no" | "n" | "choix" => all.next().and_then(MenuChoice::of_number),
        other => MenuChoice::of_number(other),
    };
    if number.is_some() {
        return number;
    }
    let lists = [
        (MenuChoice::CustomerService, CUSTOMER_SERVICE),
        (MenuChoice::Dispatch, DISPATCH),
        (MenuChoice::Sales, SALES),
        (MenuChoice::Support, SUPPORT),
    ];
    lists.into_iter().find(|(_, phrases)| has_any(words, phrases)).map(|(choice, _)| choice)
}

/// The language of a text, if it tells.
pub fn language_of(words: &str) -> Option<Language> {
    let count = |list: &[&str]| list.iter().filter(|word| has_any(words, &[word])).count();
    let counts = [(Language::En, count(ENGLISH)), (Language::Fr, count(FRENCH)), (Language::Es, count(SPANISH))];
    let most = counts.iter().map(|(_, count)| *count).max().filter(|most| *most > 0)?;
    let mut best = counts.into_iter().filter(|(_, count)| *count == most);
    let language = best.next().map(|(language, _)| language);
    if best.next().is_some() { None } else { language }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::{normalized, spaced};

    fn words(text: &str) -> String {
        spaced(&normalized(text))
    }

    #[test]
    fn numbers_and_keywords_choose_an_entry() {
        for (text, choice) in [
            ("2", MenuChoice::Support),
            ("2.", MenuChoice::Support),
            ("Option 4 please", MenuChoice::Dispatch),
            ("support", MenuChoice::Support),
            ("I want a quote", MenuChoice::Sales),
            ("Ma facture est fausse", MenuChoice::CustomerService),
            ("Necesito una reparación", MenuChoice::Dispatch),
            ("service client", MenuChoice::CustomerService),
        ] {
            assert_eq!(choice_of(&words(text)), Some(choice), "{text}");
        }
        for text in ["", "hm", "9", "0", "hello there", "42"] {
            assert_eq!(choice_of(&words(text)), None, "{text}");
        }
    }

    #[test]
    fn the_language_is_told_when_the_words_tell_it() {
        assert_eq!(language_of(&words("Hello, my door is stuck")), Some(Language::En));
        assert_eq!(language_of(&words("Bonjour, j'ai besoin d'aide")), Some(Language::Fr));
        assert_eq!(language_of(&words("¡Hola! Necesito ayuda por favor")), Some(Language::Es));
        assert_eq!(language_of(&words("2")), None);
    }

    #[test]
    fn people_and_emergencies_are_understood_in_three_languages() {
        for text in ["I want a HUMAN", "parler à un conseiller", "quiero hablar con una persona"] {
            assert!(asks_for_a_person(&words(text)), "{text}");
        }
        for text in ["I smell gas!", "Break-in last night", "fuite de gaz", "inondation", "huele a gas", "¡Inundación!"]
        {
            assert!(is_emergency(&words(text)), "{text}");
        }
        for text in ["the gas bill", "my order", "bonjour", "hola", "a personal question"] {
            assert!(!is_emergency(&words(text)) && !asks_for_a_person(&words(text)), "{text}");
        }
    }
}
