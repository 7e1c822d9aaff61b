export const THEME_KEY = 'xray.theme';
export const ZONE_KEY = 'xray.zone';
export const RAIL_KEY = 'xray.rail';

/**
 * Runs inline before the first paint, so neither theme nor rail flashes. The text is constant: the server puts
 * its hash into the page's Content-Security-Policy.
 */
export const PREFERENCES_SCRIPT = `(function(){var d=document.documentElement,t=null,r=null;try{t=localStorage.getItem('${THEME_KEY}');r=localStorage.getItem('${RAIL_KEY}')}catch(e){}d.dataset.theme=t==='dark'||(t!=='light'&&matchMedia('(prefers-color-scheme: dark)').matches)?'dark':'light';if(r==='closed')d.dataset.rail='closed'})()`;
