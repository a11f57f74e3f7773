// A made-up client, in the form of RongCloud's. TestCompare holds it against a catalogue as small.
declare enum ErrorCode {
    /**
     * 0 = 24999
     */
    SUCCESS = 0,
    TOO_FAST = 20604,
    /** new, and shared with servers */
    BRAND_NEW = 27001,
    /** the client's own */
    LOCAL = 30001
}
declare enum Colour {
    RED = 27777
}
declare type IExtraKeyInMessage = {
    extra?: string;
};
declare type IUserKeyInMessage = {
    user?: IUser;
};
interface IUser {
    id: string;
    /* told apart: */ alias?: string;
    userType?: number;
}
interface ITextMessageContent extends IExtraKeyInMessage, IUserKeyInMessage {
    /**
     * text; { not a brace }
     */
    content: string;
    shade?: { depth: number; edge: string; };
    local?: boolean;
    again?: ITextMessageContent;
}
interface IImageMessageContent<T = any> extends IExtraKeyInMessage {
    readonly 'imageUri': string;
    shade?: (a: number) => void;
    thumbs: Array<{ width: number; }>;
}
interface IHologramMessageContent extends IExtraKeyInMessage {
    content: string;
}
declare const types: {
    readonly TEXT: "RC:TxtMsg";
    readonly OLD: "RC:OldMsg";
    readonly INSIDE: "RC:InnerMsg";
};
// "RC:CommentMsg" is no message.
