// The page of the API: Swagger UI over the document that the server shows.
import SwaggerUI from "swagger-ui-dist/swagger-ui-es-bundle.js";
import "swagger-ui-dist/swagger-ui.css";
import "./styles.css";

// Without the null it would have a stranger's server look at the document.
SwaggerUI({ url: "/openapi.json", dom_id: "#root", deepLinking: true, validatorUrl: null });
