// The words of the simulator's scenarios, apart from the others: only its page shows them.
import { useLanguage } from "./language";

export interface StepWords {
  /** What the step does. */
  does: string;
  /** What to look at afterwards. */
  look: string;
}

export interface ScenarioWords {
  title: string;
  lead: string;
  steps: readonly StepWords[];
}

const en = {
  title: "Scenarios",
  lead: "Short stories, one step at a time. Each step says what to look at.",
  start: "Start",
  next: "Next step",
  again: "From the beginning",
  stop: "Close",
  step: (number: number, of: number) => `Step ${number} of ${of}`,
  done: "That was all of it.",
  look: "Look at",
  failed: "The step did not work.",
  clean: "Clear the phones",
  cleaned: "The phones are empty again.",
  demo: {
    title: "Patchbay, both sides",
    lead: "The console on the left, the customers on the right.",
    hint: ["Choose a sample person on the left", "Write something on a phone", "Answer it in the inbox"] as readonly string[],
    console: "Console",
    phones: "Phones",
    sides: "Which side is shown",
    channel: "Which phones are shown",
  },
  clock: {
    title: "Demo time",
    lead: "Move it forward to see windows close, deadlines pass and put-off work come back.",
    ahead: (by: string) => `${by} ahead of this machine`,
    forward: "Move the demo's time forward",
    jumps: { minutes: "+10 min", hour: "+1 h", day: "+24 h" },
  },
  voice: {
    title: "Calls",
    placeholder: "What the caller says",
    call: "Call and say it",
    empty: "Nobody has called yet. Write what the caller says.",
    quick: ["The heating is out and I have a baby here.", "I smell gas in the kitchen!", "When does the technician come?"] as readonly string[],
  },
  wire: {
    title: "What goes over the wire",
    lead: "The last requests to the providers and their webhooks, refused ones included, without secrets.",
    none: "Nothing yet.",
    request: "Our request",
    webhook: "Webhook",
    at: "When",
    what: "What",
    where: "Where",
    answer: "Answer",
    refused: "refused",
    unanswered: "no answer",
  },
  scenarios: {
    answer: {
      title: "A customer asks",
      lead: "A WhatsApp message, a photo, and the ticks of the answer.",
      steps: [
        { does: "Maya writes that the gate is stuck.", look: "The conversation comes to the top of the inbox, with a count." },
        { does: "She sends a photo of it.", look: "The picture in the thread; click it to see it large." },
        { does: "Answer her in the console. Then she reads it.", look: "The ticks below your answer turn, and say “read”." },
      ],
    },
    outage: {
      title: "The provider is down",
      lead: "Nothing that was written gets lost while text messages cannot go out.",
      steps: [
        { does: "Twilio stops answering.", look: "Nothing yet: receiving still works." },
        { does: "Ruth asks when somebody comes. Answer her in the console.", look: "Your answer keeps its clock mark: it waits." },
        { does: "Twilio is back.", look: "The answer goes out by itself, once, and arrives on her phone." },
      ],
    },
    call: {
      title: "Somebody calls",
      lead: "What is said on the phone stands beside the texts; danger rings at once.",
      steps: [
        { does: "Ruth calls: her heating is out.", look: "The call, and what she said, in her conversation." },
        { does: "She calls again: it smells of gas.", look: "The banner on top: an emergency, and its ticket." },
      ],
    },
    dealership: {
      title: "A dealership's engine",
      lead: "A rule makes some of a dealership's jobs more urgent than they sound.",
      steps: [
        {
          does: "Coastline Motors writes: a car needs an engine diagnosis.",
          look: "Make its conversation a ticket (C); the site is known by its number. Add the service “Engine diagnosis” and open the ticket: it is Critical, not Medium, and names the rule.",
        },
        {
          does: "It writes again: a door sticks.",
          look: "Make a second ticket, with “Adjust a door”: it stays Medium, and the engine stands before it in the cockpit. The rule is in the administration, under Ranking rules.",
        },
      ],
    },
    collide: {
      title: "Two people, one customer",
      lead: "Ada, an admin, answers while you write. Be anybody else in the console.",
      steps: [
        { does: "Ruth asks when the technician comes.", look: "Take her conversation and begin an answer. Do not send it yet." },
        { does: "Ada opens the conversation too and begins to write.", look: "Her picture in the header and on the row, and above your field that she is typing." },
        { does: "Ada is faster.", look: "Send yours: it is stopped, her answer is marked, and your text stays. “Send anyway” sends it." },
      ],
    },
    window: {
      title: "The window closes",
      lead: "On WhatsApp one may answer freely for 24 hours. The demo's time is moved forward.",
      steps: [
        { does: "Maya asks for a call.", look: "The time left in the header of her conversation." },
        { does: "22 and a half hours pass.", look: "The time left turns amber." },
        { does: "Two more hours pass.", look: "Instead of the field for answers there is a notice that offers a template." },
        { does: "Maya writes again.", look: "The field is back without a reload." },
      ],
    },
    optout: {
      title: "STOP and START",
      lead: "Who says STOP is not written to any more.",
      steps: [
        { does: "Ruth sends STOP.", look: "The field for answers in her conversation says that she has opted out." },
        { does: "She sends START.", look: "The field is back without a reload." },
      ],
    },
    forged: {
      title: "A forged webhook",
      lead: "What is not signed by the provider is refused.",
      steps: [
        { does: "The next webhook of Meta carries a wrong signature.", look: "Nothing yet." },
        { does: "A message of Tomás comes so signed.", look: "Over the wire it is refused with 401, at every repetition. It is in no conversation." },
        { does: "He writes again, and this one is signed rightly.", look: "This message is in the inbox, the other is not." },
      ],
    },
    twice: {
      title: "Everything twice",
      lead: "Providers repeat webhooks; people must not see it.",
      steps: [
        { does: "The next webhooks of Meta come twice and out of order.", look: "Nothing yet." },
        { does: "Maya writes two messages.", look: "Over the wire each comes twice; in the thread each stands once, in order." },
      ],
    },
  } as Record<string, ScenarioWords>,
};

const fr: typeof en = {
  title: "Scénarios",
  lead: "De courtes histoires, pas à pas. Chaque étape dit quoi regarder.",
  start: "Commencer",
  next: "Étape suivante",
  again: "Depuis le début",
  stop: "Fermer",
  step: (number, of) => `Étape ${number} sur ${of}`,
  done: "C’est tout.",
  look: "À regarder",
  failed: "L’étape n’a pas marché.",
  clean: "Vider les téléphones",
  cleaned: "Les téléphones sont de nouveau vides.",
  demo: {
    title: "Patchbay, des deux côtés",
    lead: "La console à gauche, les clients à droite.",
    hint: ["Choisissez une personne à gauche", "Écrivez sur un téléphone", "Répondez dans la boîte"],
    console: "Console",
    phones: "Téléphones",
    sides: "Côté affiché",
    channel: "Téléphones affichés",
  },
  clock: {
    title: "Heure de la démo",
    lead: "Avancez-la pour voir les fenêtres se fermer, les délais passer et le travail reporté revenir.",
    ahead: (by) => `${by} d’avance sur cette machine`,
    forward: "Avancer l’heure de la démo",
    jumps: { minutes: "+10 min", hour: "+1 h", day: "+24 h" },
  },
  voice: {
    title: "Appels",
    placeholder: "Ce que dit la personne",
    call: "Appeler et le dire",
    empty: "Personne n’a encore appelé. Écrivez ce que dit la personne.",
    quick: ["Le chauffage est en panne et j’ai un bébé.", "Ça sent le gaz dans la cuisine !", "Quand vient le technicien ?"],
  },
  wire: {
    title: "Ce qui passe sur le fil",
    lead: "Les dernières requêtes aux fournisseurs et leurs webhooks, refusés compris, sans secrets.",
    none: "Rien encore.",
    request: "Notre requête",
    webhook: "Webhook",
    at: "Quand",
    what: "Quoi",
    where: "Où",
    answer: "Réponse",
    refused: "refusé",
    unanswered: "sans réponse",
  },
  scenarios: {
    answer: {
      title: "Une cliente demande",
      lead: "Un message WhatsApp, une photo et les coches de la réponse.",
      steps: [
        { does: "Maya écrit que le portail est bloqué.", look: "La conversation monte en haut de la boîte, avec un compteur." },
        { does: "Elle en envoie une photo.", look: "L’image dans le fil ; cliquez pour l’agrandir." },
        { does: "Répondez-lui dans la console. Puis elle lit.", look: "Les coches sous votre réponse changent et disent « lu »." },
      ],
    },
    outage: {
      title: "Le fournisseur est en panne",
      lead: "Rien de ce qui est écrit ne se perd pendant que les SMS ne partent pas.",
      steps: [
        { does: "Twilio ne répond plus.", look: "Rien encore : la réception marche toujours." },
        { does: "Ruth demande quand quelqu’un vient. Répondez-lui dans la console.", look: "Votre réponse garde son horloge : elle attend." },
        { does: "Twilio est de retour.", look: "La réponse part d’elle-même, une fois, et arrive sur son téléphone." },
      ],
    },
    call: {
      title: "Quelqu’un appelle",
      lead: "Ce qui se dit au téléphone figure à côté des messages ; un danger sonne aussitôt.",
      steps: [
        { does: "Ruth appelle : son chauffage est en panne.", look: "L’appel, et ce qu’elle a dit, dans sa conversation." },
        { does: "Elle rappelle : ça sent le gaz.", look: "Le bandeau en haut : une urgence, et son ticket." },
      ],
    },
    dealership: {
      title: "Le moteur d’une concession",
      lead: "Une règle rend certains travaux d’une concession plus urgents qu’ils n’en ont l’air.",
      steps: [
        {
          does: "Coastline Motors écrit : une voiture a besoin d’un diagnostic moteur.",
          look: "Faites un ticket de sa conversation (C) ; son numéro dit de quel site il s’agit. Ajoutez la prestation « Engine diagnosis » et ouvrez le ticket : il est critique, non moyen, et nomme la règle.",
        },
        {
          does: "Elle écrit de nouveau : une porte coince.",
          look: "Faites un deuxième ticket, avec « Adjust a door » : il reste moyen, et le moteur passe devant lui dans le cockpit. La règle est dans l’administration, sous Règles de priorité.",
        },
      ],
    },
    collide: {
      title: "Deux personnes, une cliente",
      lead: "Ada, administratrice, répond pendant que vous écrivez. Soyez quelqu’un d’autre dans la console.",
      steps: [
        { does: "Ruth demande quand vient le technicien.", look: "Prenez sa conversation et commencez une réponse, sans l’envoyer." },
        { does: "Ada ouvre aussi la conversation et commence à écrire.", look: "Son portrait en tête et dans la liste, et au-dessus de votre champ, qu’elle écrit." },
        { does: "Ada est plus rapide.", look: "Envoyez la vôtre : elle est arrêtée, celle d’Ada est marquée, votre texte reste. « Envoyer quand même » l’envoie." },
      ],
    },
    window: {
      title: "La fenêtre se ferme",
      lead: "Sur WhatsApp, on répond librement pendant 24 heures. L’heure de la démo est avancée.",
      steps: [
        { does: "Maya demande un appel.", look: "Le temps restant en tête de sa conversation." },
        { does: "22 heures et demie passent.", look: "Le temps restant devient ambre." },
        { does: "Deux heures de plus passent.", look: "À la place du champ de réponse, un avis propose un modèle." },
        { does: "Maya écrit de nouveau.", look: "Le champ revient sans recharger." },
      ],
    },
    optout: {
      title: "STOP et START",
      lead: "Qui dit STOP ne reçoit plus rien.",
      steps: [
        { does: "Ruth envoie STOP.", look: "Le champ de réponse de sa conversation dit qu’elle s’est désinscrite." },
        { does: "Elle envoie START.", look: "Le champ revient sans recharger." },
      ],
    },
    forged: {
      title: "Un webhook contrefait",
      lead: "Ce que le fournisseur n’a pas signé est refusé.",
      steps: [
        { does: "Le prochain webhook de Meta porte une signature fausse.", look: "Rien encore." },
        { does: "Un message de Tomás arrive ainsi signé.", look: "Sur le fil, il est refusé par 401, à chaque répétition. Il n’est dans aucune conversation." },
        { does: "Il écrit de nouveau, avec la bonne signature.", look: "Ce message est dans la boîte, l’autre non." },
      ],
    },
    twice: {
      title: "Tout en double",
      lead: "Les fournisseurs répètent les webhooks ; personne ne doit le voir.",
      steps: [
        { does: "Les prochains webhooks de Meta arrivent deux fois et dans le désordre.", look: "Rien encore." },
        { does: "Maya écrit deux messages.", look: "Sur le fil, chacun arrive deux fois ; dans le fil de discussion, chacun une fois, dans l’ordre." },
      ],
    },
  },
};

export const scenarioTexts = { en, fr };

export function useScenarioTexts(): typeof en {
  return scenarioTexts[useLanguage()];
}
