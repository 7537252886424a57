/** What the page asks of Swagger UI, which brings no types. */
declare module "swagger-ui-dist/swagger-ui-es-bundle.js" {
  export default function SwaggerUI(settings: { url: string; dom_id: string; deepLinking: boolean; validatorUrl: null }): void;
}
