import type { Random } from '../random.js';

export interface Post {
  postId: string;
  authorId: string;
  language: string;
  text: string;
}

const SPAM = [
  'FREE crypto giveaway, click my link now and win!!!',
  'Cheap followers, guaranteed, message me to buy today',
  'You won a prize! Click the link, limited offer, free money',
] as const;
const ABUSE = [
  'You are an idiot and nobody wants you here',
  'Shut up, stupid, go away and never come back',
  'What a pathetic, worthless loser you are',
] as const;
const FINE = [
  'Does anybody know a good bakery near the station?',
  'Here are the photos of our trip to the lake, enjoy!',
  'The meeting moved to Thursday, same room as before',
  'I finished the book last night and loved the ending',
  'Thanks for the recipe, it worked very well with rye flour',
] as const;
const UNCLEAR = [
  'You idiot, I laughed so hard, never change',
  'Free books at the library sale today, the link is in my profile',
  'That referee was pathetic, what a stupid call',
  'Win a free coffee at our stall, come and say hello',
] as const;

/** The next post. Most are harmless, and some would be misjudged by a list of words. */
export function nextPost(random: Random, number: number): Post {
  const roll = random.next();
  const kind = roll < 0.5 ? FINE : roll < 0.68 ? UNCLEAR : roll < 0.85 ? SPAM : ABUSE;
  return {
    postId: `p-${50_000 + number}`,
    authorId: `u-${random.whole(100, 600)}`,
    language: random.chance(0.04) ? random.pick(['fi', 'th']) : 'en',
    text: random.pick(kind),
  };
}
