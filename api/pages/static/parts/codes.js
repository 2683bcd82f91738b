// What a scanned or typed code names. The gateway reads it: the page knows no code but SKUs.

/**
 * Returns {sku, gtin, epc} of a code (SKU, EAN, GS1 element string, Digital Link, EPC in hex or as a URI); `gtin` and
 * `epc` are null where it bears none. Null: it names no article that is known. Without a line SKUs alone are known.
 * Throws RequestFailed.
 */
export async function resolveCode(ctx, code) {
  const { article, gtin, epc } = await lookUp(ctx, code);
  return article === null ? null : { sku: article.sku, gtin, epc };
}

/** Returns all that the gateway says of a code: {kind, gtin, serial, epc, fault, article, variants}. Throws RequestFailed. */
export async function lookUp(ctx, code) {
  try {
    return await ctx.ask(`/v1/articles/resolve?code=${encodeURIComponent(code)}`);
  } catch (error) {
    const article = ctx.model.articles.get(code.trim()) ?? ctx.model.articles.get(code.trim().toUpperCase());
    if (error.status !== 0 || article === undefined) throw error;
    return { kind: "sku", gtin: null, serial: null, epc: null, fault: null, article, variants: [] };
  }
}
