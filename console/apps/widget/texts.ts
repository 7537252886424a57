// What the widget says. Short, because the whole frame has to stay small.
export interface Texts {
  title: string;
  greeting: string;
  online: string;
  away: string;
  opens: string;
  field: string;
  send: string;
  attach: string;
  close: string;
  log: string;
  you: string;
  typing: string;
  offline: string;
  waiting: string;
  sent: string;
  read: string;
  failed: string;
  retry: string;
  newMessages: string;
  closed: string;
  emailAsk: string;
  email: string;
  emailSave: string;
  emailBad: string;
  emailKept: string;
  tooLarge: string;
  notSent: string;
  refused: string;
  file: string;
  fileGone: string;
  rateAsk: string;
  rates: string[];
  rateComment: string;
  rateLater: string;
  rateThanks: string;
  rateFailed: string;
}

const en: Texts = {
  title: "Chat",
  greeting: "Hello! How can we help?",
  online: "We are here and usually answer within minutes.",
  away: "Nobody is here right now. Write to us and we will answer.",
  opens: "Back {when}.",
  field: "Write a message",
  send: "Send",
  attach: "Attach a file",
  close: "Close the chat",
  log: "Messages",
  you: "You",
  typing: "{name} is typing…",
  offline: "No connection. Your messages are kept and sent later.",
  waiting: "Waiting",
  sent: "Sent",
  read: "Read",
  failed: "Not sent",
  retry: "Try again",
  newMessages: "New message from {name}",
  closed: "This conversation was closed. Write to open it again.",
  emailAsk: "Where can we answer you?",
  email: "E-mail address",
  emailSave: "Save",
  emailBad: "This is not an e-mail address.",
  emailKept: "Thank you. We will answer there if you are gone.",
  tooLarge: "This file is too large ({limit} MB at most).",
  notSent: "The file could not be sent.",
  refused: "You could not be identified. Please reload the page or sign in again.",
  file: "File",
  fileGone: "File not available",
  rateAsk: "How did we do?",
  rates: ["Very poor", "Poor", "Fair", "Good", "Very good"],
  rateComment: "Anything you want to add? (optional)",
  rateLater: "No, thanks",
  rateThanks: "Thank you for your answer.",
  rateFailed: "Your answer could not be sent. Please try again.",
};

const fr: Texts = {
  title: "Discussion",
  greeting: "Bonjour ! Comment pouvons-nous vous aider ?",
  online: "Nous sommes là et répondons en général en quelques minutes.",
  away: "Personne n’est disponible pour l’instant. Écrivez-nous, nous vous répondrons.",
  opens: "De retour {when}.",
  field: "Écrire un message",
  send: "Envoyer",
  attach: "Joindre un fichier",
  close: "Fermer la discussion",
  log: "Messages",
  you: "Vous",
  typing: "{name} écrit…",
  offline: "Pas de connexion. Vos messages sont gardés et envoyés plus tard.",
  waiting: "En attente",
  sent: "Envoyé",
  read: "Lu",
  failed: "Non envoyé",
  retry: "Réessayer",
  newMessages: "Nouveau message de {name}",
  closed: "Cette conversation est terminée. Écrivez pour la rouvrir.",
  emailAsk: "Où pouvons-nous vous répondre ?",
  email: "Adresse e-mail",
  emailSave: "Enregistrer",
  emailBad: "Ce n’est pas une adresse e-mail.",
  emailKept: "Merci. Nous vous répondrons là si vous êtes parti.",
  tooLarge: "Ce fichier est trop lourd ({limit} Mo au plus).",
  notSent: "Le fichier n’a pas pu être envoyé.",
  refused: "Impossible de vous identifier. Rechargez la page ou reconnectez-vous.",
  file: "Fichier",
  fileGone: "Fichier indisponible",
  rateAsk: "Comment était notre aide ?",
  rates: ["Très mauvaise", "Mauvaise", "Correcte", "Bonne", "Très bonne"],
  rateComment: "Voulez-vous ajouter quelque chose ? (facultatif)",
  rateLater: "Non, merci",
  rateThanks: "Merci pour votre réponse.",
  rateFailed: "Votre réponse n’a pas pu être envoyée. Réessayez.",
};

const es: Texts = {
  title: "Chat",
  greeting: "¡Hola! ¿En qué podemos ayudarle?",
  online: "Estamos aquí y solemos responder en unos minutos.",
  away: "Ahora no hay nadie. Escríbanos y le responderemos.",
  opens: "Volvemos {when}.",
  field: "Escriba un mensaje",
  send: "Enviar",
  attach: "Adjuntar un archivo",
  close: "Cerrar el chat",
  log: "Mensajes",
  you: "Usted",
  typing: "{name} está escribiendo…",
  offline: "Sin conexión. Sus mensajes se guardan y se envían después.",
  waiting: "En espera",
  sent: "Enviado",
  read: "Leído",
  failed: "No enviado",
  retry: "Reintentar",
  newMessages: "Nuevo mensaje de {name}",
  closed: "Esta conversación se cerró. Escriba para abrirla de nuevo.",
  emailAsk: "¿Dónde podemos responderle?",
  email: "Correo electrónico",
  emailSave: "Guardar",
  emailBad: "Esto no es una dirección de correo.",
  emailKept: "Gracias. Le responderemos allí si ya se ha ido.",
  tooLarge: "El archivo es demasiado grande ({limit} MB como máximo).",
  notSent: "No se pudo enviar el archivo.",
  refused: "No se le pudo identificar. Recargue la página o inicie sesión de nuevo.",
  file: "Archivo",
  fileGone: "Archivo no disponible",
  rateAsk: "¿Qué tal le hemos ayudado?",
  rates: ["Muy mal", "Mal", "Regular", "Bien", "Muy bien"],
  rateComment: "¿Desea añadir algo? (opcional)",
  rateLater: "No, gracias",
  rateThanks: "Gracias por su respuesta.",
  rateFailed: "No se pudo enviar su respuesta. Inténtelo de nuevo.",
};

const ALL: Record<string, Texts> = { en, fr, es };

export function textsOf(language: string): Texts {
  return ALL[language] ?? en;
}

export function fill(text: string, name: string, value: string): string {
  return text.replace(`{${name}}`, () => value);
}
