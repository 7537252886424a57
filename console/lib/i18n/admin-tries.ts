// The words of what is tried before it is saved: how a message ranks as a ticket, what people are told of an alert.
type Words = Record<string, string>;

const en = {
  rankRun: {
    title: "Try a message",
    lead: "How a ticket made of it would rank by the rules in use. Nothing is stored.",
    titleRule: "Try this rule",
    leadRule: "This rule alone, as it stands above, saved or not.",
    text: "What the customer writes",
    site: "Site of the ticket",
    chooseSite: "Choose a site",
    urgency: "Urgency the requester names",
    services: "Services",
    make: "Make of the vehicle",
    fromText: "Make and services that you leave out are looked for in the message.",
    run: "Try",
    answer: "How it would rank",
    matched: "A rule applies",
    none: "No rule applies",
    review: "Needs a person’s look",
    because: "Why a person",
    effect: (urgency: string, score: number) => `→ ${urgency}, ${score < 0 ? "−" : "+"}${Math.abs(score)}`,
  },
  notices: {
    preview: "Preview",
    previewHint: "For an alert that never was, as it stands above.",
    places: "What can be filled in. Press one to add it to the text.",
    placeNames: {
      severity: "How bad it is",
      title: "What happened, in a few words",
      code: "Its code",
      rule: "The rule that made the alert",
      count: "How often it happened",
      link: "Where to look",
      reply: "The code to answer with",
    } as Words,
    insert: (place: string, what: string) => `${place}, ${what}: add to the text`,
    yours: "In these words",
    standard: "In the standard words",
    chooseCode: "Say first which alert the words are for.",
    versions: "Versions",
    version: (number: number) => `Version ${number}`,
    takeAgain: "Take into the form",
  },
  /** What taking out of use is called where it means something of its own. */
  leaving: {
    "notification-templates": {
      act: "Back to standard",
      title: "Go back to the standard words?",
      text: "People are told in the standard words from now on. Yours stay here with every version, and can be taken back into use.",
      done: "The standard words are in use.",
    },
  } as Readonly<Record<string, Readonly<Record<"act" | "title" | "text" | "done", string>>>>,
};

const fr: typeof en = {
  rankRun: {
    title: "Essayer un message",
    lead: "Comment un ticket tiré de ce message serait classé par les règles en service. Rien n’est enregistré.",
    titleRule: "Essayer cette règle",
    leadRule: "Cette règle seule, telle qu’elle est ci-dessus, enregistrée ou non.",
    text: "Ce qu’écrit le client",
    site: "Site du ticket",
    chooseSite: "Choisir un site",
    urgency: "Urgence donnée par le demandeur",
    services: "Services",
    make: "Marque du véhicule",
    fromText: "La marque et les services que vous laissez vides sont cherchés dans le message.",
    run: "Essayer",
    answer: "Son classement",
    matched: "Une règle s’applique",
    none: "Aucune règle ne s’applique",
    review: "Doit être vu par une personne",
    because: "Pourquoi une personne",
    effect: (urgency, score) => `→ ${urgency}, ${score < 0 ? "−" : "+"}${Math.abs(score)}`,
  },
  notices: {
    preview: "Aperçu",
    previewHint: "Pour une alerte qui n’a jamais existé, telle qu’elle est ci-dessus.",
    places: "Ce qui peut être rempli. Un clic l’ajoute au texte.",
    placeNames: {
      severity: "La gravité",
      title: "Ce qui est arrivé, en quelques mots",
      code: "Son code",
      rule: "La règle qui a créé l’alerte",
      count: "Combien de fois",
      link: "Où regarder",
      reply: "Le code pour répondre",
    },
    insert: (place, what) => `${place}, ${what} : ajouter au texte`,
    yours: "Dans ces mots",
    standard: "Dans les mots d’origine",
    chooseCode: "Dites d’abord pour quelle alerte sont ces mots.",
    versions: "Versions",
    version: (number) => `Version ${number}`,
    takeAgain: "Reprendre dans le formulaire",
  },
  leaving: {
    "notification-templates": {
      act: "Rétablir l’origine",
      title: "Revenir aux mots d’origine ?",
      text: "Les personnes sont prévenues dans les mots d’origine dès maintenant. Les vôtres restent ici avec chaque version, et peuvent reprendre du service.",
      done: "Les mots d’origine sont en service.",
    },
  },
};

export const adminTryTexts = { en, fr };
