//! What the flow says. Short enough for a few SMS segments.

use super::{Language, MenuChoice, Question};

/// What is said to a customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Saying {
    /// The welcome and the menu.
    Menu,
    /// The menu again: the answer was not understood.
    MenuAgain,
    /// A follow-up question.
    Ask(Question),
    /// Nobody is there now.
    Closed,
    /// A colleague will answer.
    Handover,
    /// It is taken as an emergency.
    Emergency,
}

const EN_MENU: &str = "Welcome! What can we help you with?";
const FR_MENU: &str = "Bienvenue! Comment pouvons-nous vous aider?";
const ES_MENU: &str = "¡Bienvenido! ¿En qué podemos ayudarle?";

/// The text of a saying.
pub fn say(saying: Saying, language: Language) -> String {
    match saying {
        Saying::Menu => menu(pick(language, EN_MENU, FR_MENU, ES_MENU), language),
        Saying::MenuAgain => {
            let intro = pick(
                language,
                "Sorry, I did not understand. Please answer with a number:",
                "Désolé, je n'ai pas compris. Veuillez répondre par un chiffre:",
                "Perdón, no he entendido. Responda con un número:",
            );
            menu(intro, language)
        }
        Saying::Ask(question) => ask(question, language).to_owned(),
        Saying::Closed => pick(
            language,
            "We are closed at the moment. We will answer as soon as we are back.",
            "Nous sommes fermés en ce moment. Nous vous répondrons dès notre retour.",
            "Ahora estamos cerrados. Le responderemos en cuanto volvamos.",
        )
        .to_owned(),
        Saying::Handover => pick(
            language,
            "Thank you. A colleague will answer you here.",
            "Merci. Un collègue vous répondra ici.",
            "Gracias. Un compañero le responderá aquí.",
        )
        .to_owned(),
        Saying::Emergency => pick(
            language,
            "We are treating this as an emergency and are alerting our team now. If anyone is in danger, call your local emergency number.",
            "Nous traitons ceci comme une urgence et alertons notre équipe. Si quelqu'un est en danger, appelez les services d'urgence.",
            "Lo tratamos como una emergencia y avisamos a nuestro equipo. Si alguien está en peligro, llame a emergencias.",
        )
        .to_owned(),
    }
}

fn menu(intro: &str, language: Language) -> String {
    let choices = MenuChoice::ALL.iter().map(|choice| format!("{}. {}", choice.number(), name(*choice, language)));
    std::iter::once(intro.to_owned()).chain(choices).collect::<Vec<_>>().join("\n")
}

fn name(choice: MenuChoice, language: Language) -> &'static str {
    match choice {
        MenuChoice::Sales => pick(language, "Sales", "Ventes", "Ventas"),
        MenuChoice::Support => pick(language, "Support", "Soutien technique", "Soporte"),
        MenuChoice::CustomerService => pick(language, "Customer service", "Service client", "Atención al cliente"),
        MenuChoice::Dispatch => pick(language, "Service request", "Demande de service", "Solicitud de servicio"),
    }
}

fn ask(question: Question, language: Language) -> &'static str {
    match question {
        Question::ProductInterest => pick(
            language,
            "Which product are you interested in?",
            "Quel produit vous intéresse?",
            "¿Qué producto le interesa?",
        ),
        Question::IssueType => pick(
            language,
            "What does not work? Please describe it in one message.",
            "Qu'est-ce qui ne fonctionne pas? Décrivez-le en un message.",
            "¿Qué es lo que no funciona? Descríbalo en un mensaje.",
        ),
        Question::TransactionNumber => pick(
            language,
            "What is your transaction number? Answer \"none\" if you have none.",
            "Quel est votre numéro de transaction? Répondez «aucun» si vous n'en avez pas.",
            "¿Cuál es su número de transacción? Responda \"ninguno\" si no tiene.",
        ),
        Question::ServiceRequest => pick(
            language,
            "Where is it, what is the problem, and when may somebody come?",
            "Où est-ce, quel est le problème, et quand peut-on venir?",
            "¿Dónde es, cuál es el problema y cuándo podemos ir?",
        ),
    }
}

fn pick(language: Language, en: &'static str, fr: &'static str, es: &'static str) -> &'static str {
    match language {
        Language::En => en,
        Language::Fr => fr,
        Language::Es => es,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_menu_has_a_line_for_each_entry_in_each_language() {
        for language in Language::ALL {
            let text = say(Saying::Menu, *language);
            assert_eq!(text.lines().count(), 1 + MenuChoice::ALL.len());
            for choice in MenuChoice::ALL {
                assert!(text.contains(&format!("\n{}. ", choice.number())), "{text}");
            }
        }
    }
}
