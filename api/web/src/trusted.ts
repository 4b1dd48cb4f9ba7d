// The one place that makes an address of code out of text (Trusted Types): of files that were built, nothing else.

interface Factory {
  createPolicy(name: string, rules: {createScriptURL(url: string): string}): {createScriptURL(url: string): unknown};
}

const checked = (url: string): string => {
  if (new URL(url, location.href).origin !== location.origin) throw new TypeError("code comes from this server alone");
  return url;
};
const factory = (globalThis as {trustedTypes?: Factory}).trustedTypes;
const policy = factory?.createPolicy("harmony", {createScriptURL: checked});

export const scriptUrl = (url: string): unknown => policy?.createScriptURL(url) ?? checked(url);
