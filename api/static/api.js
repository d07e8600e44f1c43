// Swagger UI over our own description; it asks nobody else, not even whether that is valid.
const place = document.getElementById("api");
SwaggerUIBundle({
  domNode: place,
  url: place.dataset.url,
  validatorUrl: null,
  docExpansion: "none",
  defaultModelsExpandDepth: -1,
  deepLinking: true,
  filter: true,
  displayRequestDuration: true,
});
