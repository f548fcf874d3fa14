/** Generated from docs/openapi.json by `npm run client:types`: do not edit. */
export interface paths {
    "/openapi.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * This document
         * @description OpenAPI 3.1, made from what requests and answers are checked against.
         */
        get: operations["getDocument"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/healthz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Liveness
         * @description Asks nothing else: it answers while the process is alive.
         */
        get: operations["getHealth"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/users/me": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The caller
         * @description The account that the access token was issued for.
         */
        get: operations["getMe"];
        put?: never;
        post?: never;
        /**
         * Delete the caller's account
         * @description Removes the email, the name and the password, and ends all sessions. The orders stay. An account with a password needs it in the body; one of an identity provider has none to give.
         */
        delete: operations["deleteMe"];
        options?: never;
        head?: never;
        /**
         * Change the caller's name
         * @description Returns the changed account.
         */
        patch: operations["changeMe"];
        trace?: never;
    };
    "/users/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A user: the caller, or anyone for an admin
         * @description For anyone but an admin, another user's id gets the same 404 as one that does not exist.
         */
        get: operations["getUser"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/users": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The users with some ids, or the one with an email, for an admin
         * @description Takes either ids or email, for the role admin. Users that do not exist are left out.
         */
        get: operations["findUsers"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/users/register": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Open an account
         * @description An email address can have one account only, however it is capitalised. New accounts have the role customer.
         */
        post: operations["register"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/users/login": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Get an access token, and a refresh cookie
         * @description The access token is valid for an hour. The cookie renews it at POST /users/refresh. A wrong password and an unknown address get the same answer.
         */
        post: operations["login"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/users/refresh": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Get an access token for the refresh cookie, and the next cookie
         * @description Each cookie is used once; for 30 seconds it may be used again, by another tab or because the answer was lost.
         */
        post: operations["refresh"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/users/logout": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * End the session of the refresh cookie, if there is one
         * @description Deletes the cookie, whether or not there is a session. The access token stays valid until it expires, so discard it.
         */
        post: operations["logout"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/users/me/password": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Change the caller's password, and end all other sessions
         * @description With the refresh cookie, the session of the caller goes on and gets a new cookie.
         */
        post: operations["changePassword"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/.well-known/jwks.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The public keys that access tokens verify with (JWKS, RFC 7517)
         * @description Keys that were replaced stay until the tokens signed with them have expired.
         */
        get: operations["getKeySet"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/products": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The catalogue, newest first
         * @description Pages by cursor at any depth, or by offset near the beginning.
         */
        get: operations["listProducts"];
        put?: never;
        /**
         * Add a product (role admin)
         * @description The amount is in minor units of the currency.
         */
        post: operations["createProduct"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/products/prices": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Names and prices of several products, for services that store them
         * @description In any order, without the products that do not exist.
         */
        get: operations["listPrices"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/products/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One product
         * @description The product at its current price.
         */
        get: operations["getProduct"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Change some members of a product (role admin)
         * @description Members that are left out stay as they are. Orders keep the name and price that they were placed with.
         */
        patch: operations["changeProduct"];
        trace?: never;
    };
    "/orders": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The caller's own orders, newest first
         * @description Pages by cursor at any depth, or by offset near the beginning. meta.count is the number of all matching orders.
         */
        get: operations["listOrders"];
        put?: never;
        /**
         * Place an order for one or several products at their current prices
         * @description Give either `items` or, for a single product, `productId` and `quantity`. With an Idempotency-Key the request can be repeated safely for 24 hours: the first successful answer is replayed, with Idempotent-Replayed: true.
         */
        post: operations["placeOrder"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/orders/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One of the caller's own orders
         * @description With its items, address and shipment, and what the caller may do now. Another user's order gets the same 404 as one that does not exist.
         */
        get: operations["getOrder"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/orders/{id}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Cancel one of the caller's own orders
         * @description Possible while the order is pending; otherwise 409 illegal_transition.
         */
        post: operations["cancelOrder"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/orders/{id}/history": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What has happened to an order, oldest first
         * @description One event for each change, without notes of operators and without who acted.
         */
        get: operations["getOrderHistory"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/orders/{id}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Cancel an order
         * @description Possible while the order is pending; otherwise 409 illegal_transition.
         */
        post: operations["cancelOrderAsOperator"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/orders/{id}/pay": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Record the payment of an order
         * @description Possible while the order is pending or cancelled (if no payment is recorded); otherwise 409 illegal_transition.
         */
        post: operations["payOrderAsOperator"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/orders/{id}/ship": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Record the shipment of an order
         * @description Possible while the order is paid; otherwise 409 illegal_transition.
         */
        post: operations["shipOrderAsOperator"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/orders/{id}/track": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Correct the shipment of an order
         * @description Possible while the order is shipped or delivered; otherwise 409 illegal_transition.
         */
        post: operations["trackOrderAsOperator"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/orders/{id}/deliver": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Record the delivery of an order
         * @description Possible while the order is shipped; otherwise 409 illegal_transition.
         */
        post: operations["deliverOrderAsOperator"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/orders/{id}/refund": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Record a refund, of the whole remainder or of a part
         * @description Possible while the order is paid, shipped, delivered, or cancelled (if a payment arrived afterwards); otherwise 409 illegal_transition.
         */
        post: operations["refundOrderAsOperator"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/orders/{id}/readdress": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Change where an order goes, before it is shipped
         * @description Possible while the order is pending or paid; otherwise 409 illegal_transition.
         */
        post: operations["readdressOrderAsOperator"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/orders/{id}/note": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Add a note for other operators
         * @description Possible in every status.
         */
        post: operations["noteOrderAsOperator"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/orders/{id}/revert": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Take back a wrong delivery or shipment
         * @description Possible while the order is delivered or shipped; otherwise 409 illegal_transition.
         */
        post: operations["revertOrderAsOperator"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/orders/{id}/history": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What has happened to an order, oldest first
         * @description One event for each change, with who acted.
         */
        get: operations["getOrderHistoryAsOperator"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/orders/stream": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What happens to the caller's own orders, as it happens
         * @description Server-sent events. `event` is the type of an event in the history of an order, `data` is the order after it as JSON, and `id` is a cursor: with it, a stream goes on where another one ended. It also comes without an event, at the start and every 10 seconds. The stream ends when the access token expires, at the latest after an hour, and when the service shuts down.
         */
        get: operations["streamOrders"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/erasures": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Erase the personal data in a user's orders
         * @description Erases addresses except country and postal code, metadata, notes and reasons of the orders that are delivered, cancelled or refunded, with their histories. Open orders follow once they are closed. Products, amounts, statuses and ids stay. It can be repeated; a repeated request also covers what has been added since.
         */
        post: operations["eraseOrders"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/erasures/{userId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * How far the erasure of a user's personal data has come
         * @description What has been erased, and how many orders wait to be closed.
         */
        get: operations["getErasure"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/orders/export/download": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Download the orders of a one-use address
         * @description Requires no access token: the address itself is the secret. It works once.
         */
        get: operations["downloadExport"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/orders/export": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * All of the caller's own orders, as a file
         * @description Accept chooses between application/x-ndjson, which is the default, and text/csv. Orders placed after the start are missing; no order is there twice.
         */
        get: operations["exportOrders"];
        put?: never;
        /**
         * Create a one-use address to download the caller's own orders
         * @description The address can be opened without an access token, as a browser does with a link, once and within 60 seconds. It is a secret: whoever has it can download the export.
         */
        post: operations["createExportLink"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/exports/download": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Download all users' orders from a one-use address
         * @description Requires no access token: the address itself is the secret. It works once.
         */
        get: operations["downloadExportAsOperator"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/exports": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Create a one-use address to download all users' orders
         * @description The address can be opened without an access token, as a browser does with a link, once and within 60 seconds. It is a secret: whoever has it can download the export. Filters can be combined like this: status with userId; productId alone; each also with createdFrom and createdTo. Other combinations are refused with unsupported_filters.
         */
        post: operations["createExportLinkAsOperator"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/currencies": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The minor units of all currencies
         * @description All amounts are integers in minor units: 4900 is 49.00 EUR, 4900 JPY and 4.900 KWD. Use this list instead of a library for display, because such libraries differ from ISO 4217 for some currencies.
         */
        get: operations["listCurrencies"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/orders": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * All users' orders, newest first
         * @description Every answer comes from an index, so these filters can be combined: status with userId or email; productId alone; latePayment alone; each also with createdFrom and createdTo. With id, number or trackingNumber, which find few orders, all filters can be combined. Other combinations are refused with unsupported_filters.
         */
        get: operations["listOrdersAsOperator"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/orders/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Any order, with its history and its customer
         * @description customer is null if the account is deleted, or cannot be looked up now.
         */
        get: operations["getOrderAsOperator"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/stats": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Orders and money by day and currency
         * @description Money counts on the day on which it moved. An answer can be a minute old; meta.computedAt says when it was made.
         */
        get: operations["getStats"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What has happened to orders, in the order in which it is told to everyone
         * @description Each event comes at least once, and the events of an order come in order. `meta.next` says how far the feed was searched, also when nothing was found. An answer looks at 10,000 events at most.
         */
        get: operations["listEvents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/webhooks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * All webhooks, newest first
         * @description There are at most 100. Secrets are not shown.
         */
        get: operations["listWebhooks"];
        put?: never;
        /**
         * Add a webhook: events from now on are sent to its URL
         * @description Messages follow Standard Webhooks 1.0.0. The answer is the only one that shows the secret. At most 100 webhooks.
         */
        post: operations["createWebhook"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/webhooks/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One webhook
         * @description behind says how many events it has not come to yet.
         */
        get: operations["getWebhook"];
        put?: never;
        post?: never;
        /**
         * Remove a webhook, with the log of its deliveries
         * @description Nothing is sent to it any more.
         */
        delete: operations["deleteWebhook"];
        options?: never;
        head?: never;
        /**
         * Change some members of a webhook, disable or enable it
         * @description Members that are left out stay as they are. Enabling it goes on with the first event that was not delivered.
         */
        patch: operations["changeWebhook"];
        trace?: never;
    };
    "/admin/webhooks/{id}/rotate-secret": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Replace the secret of a webhook
         * @description For 24 hours messages are signed with both secrets; then the earlier one is no longer used. The one before that is dropped immediately.
         */
        post: operations["rotateWebhookSecret"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/webhooks/{id}/ping": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send a test message now, and say what came of it
         * @description One attempt, also if the webhook is disabled. The type of the message ends in webhooks.ping.v1.
         */
        post: operations["pingWebhook"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/webhooks/{id}/deliveries": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The log of a webhook: what was not delivered at the first attempt, newest first
         * @description Deliveries that succeed at the first attempt leave no trace. Others are kept for 30 days after they were delivered or parked.
         */
        get: operations["listDeliveries"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/webhooks/{id}/deliveries/{eventId}/redeliver": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send one delivery of the log again, now
         * @description One that was delivered or parked has all attempts again.
         */
        post: operations["redeliver"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/webhooks/{id}/redeliver": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send all events of a period again, also those that were delivered
         * @description At most 10,000 events at a time, in order as far as possible. They have the ids that they had before.
         */
        post: operations["redeliverPeriod"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** ProblemDetail */
        ProblemDetail: {
            /** @description JSON Pointer into the body. */
            pointer?: string;
            /** @description A query or path parameter, or a header. */
            parameter?: string;
            detail: string;
        };
        /**
         * Problem
         * @description RFC 9457 problem details.
         */
        Problem: {
            /** @description Always about:blank; code identifies the problem. */
            type: string;
            /** @description The name of the status. */
            title: string;
            status: number;
            /** @description For people; its wording may change. */
            detail: string;
            /** @description Stable and meant for programs. */
            code: string;
            /** @description The same as X-Request-ID; the logs have it too. */
            requestId: string;
            errors?: components["schemas"]["ProblemDetail"][];
        };
        /** Health */
        Health: {
            /** @enum {string} */
            status: "ok";
        };
        /**
         * UserRole
         * @enum {string}
         */
        UserRole: "customer" | "admin";
        /** User */
        User: {
            /** Format: uuid */
            id: string;
            /** @description Null for a user of an identity provider that does not provide it. */
            email: string | null;
            /** @description Null like email. */
            name: string | null;
            role: components["schemas"]["UserRole"];
            /**
             * Format: date-time
             * @example 2026-03-01T09:30:00.000Z
             */
            createdAt: string;
            /**
             * Format: date-time
             * @example 2026-03-01T09:30:00.000Z
             */
            updatedAt: string;
        };
        /** UserChange */
        UserChange: {
            /**
             * @description Text without NUL or lone surrogates, with at least one visible character.
             * @example Alice Example
             */
            name: string;
        };
        /** AccountDeletion */
        AccountDeletion: {
            /** @example demo-password */
            password?: string;
        };
        /** Contact */
        Contact: {
            /** Format: uuid */
            id: string;
            /** @description Null for a user of an identity provider that does not provide it. */
            email: string | null;
            /** @description Null like email. */
            name: string | null;
        };
        /** Contacts */
        Contacts: {
            data: components["schemas"]["Contact"][];
        };
        /** NewUser */
        NewUser: {
            /**
             * Format: email
             * @example alice@example.com
             */
            email: string;
            /**
             * @description Text without NUL or lone surrogates, with at least one visible character.
             * @example correct horse battery
             */
            password: string;
            /**
             * @description Text without NUL or lone surrogates, with at least one visible character.
             * @example Alice Example
             */
            name: string;
        };
        /** Credentials */
        Credentials: {
            /**
             * Format: email
             * @example alice@example.com
             */
            email: string;
            /** @example demo-password */
            password: string;
        };
        /** AccessToken */
        AccessToken: {
            /** @description For the header Authorization: Bearer <accessToken>. */
            accessToken: string;
            /** @enum {string} */
            tokenType: "Bearer";
            /**
             * @description In seconds.
             * @example 3600
             */
            expiresIn: number;
        };
        /** EmptyObject */
        EmptyObject: Record<string, never>;
        /** PasswordChange */
        PasswordChange: {
            /** @example demo-password */
            currentPassword: string;
            /**
             * @description Text without NUL or lone surrogates, with at least one visible character.
             * @example correct horse battery
             */
            newPassword: string;
        };
        /** PublicKey */
        PublicKey: {
            /** @enum {string} */
            kty: "EC";
            /** @enum {string} */
            crv: "P-256";
            x: string;
            y: string;
            kid: string;
            /** @enum {string} */
            alg: "ES256";
            /** @enum {string} */
            use: "sig";
        };
        /** KeySet */
        KeySet: {
            keys: components["schemas"]["PublicKey"][];
        };
        /** Product */
        Product: {
            /** Format: uuid */
            id: string;
            /**
             * @description Text without NUL or lone surrogates, with at least one visible character.
             * @example Pour-over kettle
             */
            name: string;
            /** @description Plain text; may be empty. */
            description: string;
            /**
             * @description The price in the currency's minor unit: cents of EUR, whole yen of JPY.
             * @example 4900
             */
            unitAmount: number;
            /**
             * @description ISO 4217 code of a currency in use.
             * @example EUR
             */
            currency: string;
            /**
             * Format: date-time
             * @example 2026-03-01T09:30:00.000Z
             */
            createdAt: string;
            /**
             * Format: date-time
             * @example 2026-03-01T09:30:00.000Z
             */
            updatedAt: string;
        };
        /** PageMeta */
        PageMeta: {
            /** @description Number of matching rows in the whole list. */
            count: number;
            limit: number;
            /** @description The requested offset; 0 when a cursor was used. */
            offset: number;
            nextCursor: string | null;
        };
        /** ProductPage */
        ProductPage: {
            data: components["schemas"]["Product"][];
            meta: components["schemas"]["PageMeta"];
        };
        /** NewProduct */
        NewProduct: {
            /**
             * @description Text without NUL or lone surrogates, with at least one visible character.
             * @example Pour-over kettle
             */
            name: string;
            /**
             * @description Plain text; may be empty.
             * @default
             */
            description?: string;
            /**
             * @description The price in the currency's minor unit: cents of EUR, whole yen of JPY.
             * @example 4900
             */
            unitAmount: number;
            /**
             * @description ISO 4217 code of a currency in use.
             * @example EUR
             */
            currency: string;
        };
        /** ProductPrice */
        ProductPrice: {
            /** Format: uuid */
            id: string;
            /**
             * @description Text without NUL or lone surrogates, with at least one visible character.
             * @example Pour-over kettle
             */
            name: string;
            /**
             * @description The price in the currency's minor unit: cents of EUR, whole yen of JPY.
             * @example 4900
             */
            unitAmount: number;
            /**
             * @description ISO 4217 code of a currency in use.
             * @example EUR
             */
            currency: string;
        };
        /** ProductPrices */
        ProductPrices: {
            data: components["schemas"]["ProductPrice"][];
        };
        /** ProductChange */
        ProductChange: {
            /**
             * @description Text without NUL or lone surrogates, with at least one visible character.
             * @example Pour-over kettle
             */
            name?: string;
            /** @description Plain text; may be empty. */
            description?: string;
            /**
             * @description The price in the currency's minor unit: cents of EUR, whole yen of JPY.
             * @example 4900
             */
            unitAmount?: number;
            /**
             * @description ISO 4217 code of a currency in use.
             * @example EUR
             */
            currency?: string;
        };
        /**
         * OrderStatus
         * @enum {string}
         */
        OrderStatus: "pending" | "paid" | "shipped" | "delivered" | "cancelled" | "refunded";
        /** OrderItem */
        OrderItem: {
            position: number;
            /** Format: uuid */
            productId: string;
            /**
             * @description Text without NUL or lone surrogates, with at least one visible character.
             * @example Pour-over kettle
             */
            productName: string;
            /** @example 2 */
            quantity: number;
            /**
             * @description The price of one, in minor units of the currency.
             * @example 4900
             */
            unitAmount: number;
        };
        /** Order */
        Order: {
            /** Format: uuid */
            id: string;
            /**
             * @description For people, to read out and to search by. Not unique; never part of an address.
             * @example HZ1NE-0RYGH
             */
            number: string;
            /** @description Counts the changes of the order. Send it as If-Match to change only this version. */
            version: number;
            /** Format: uuid */
            userId: string;
            status: components["schemas"]["OrderStatus"];
            /**
             * Format: uuid
             * @description The product of the first item.
             */
            productId: string;
            /**
             * @description Text without NUL or lone surrogates, with at least one visible character.
             * @example Pour-over kettle
             */
            productName: string;
            /** @description How many items the order has. */
            itemCount: number;
            /**
             * @description The sum of quantity × unitAmount of the items, in minor units of the currency.
             * @example 9800
             */
            totalAmount: number;
            /**
             * @description What has been refunded so far, in minor units of the currency.
             * @example 0
             */
            refundedAmount: number;
            /**
             * @description ISO 4217.
             * @example EUR
             */
            currency: string;
            /**
             * Format: date-time
             * @example 2026-03-01T09:30:00.000Z
             */
            createdAt: string;
            /**
             * Format: date-time
             * @description The time of the last event of the order.
             * @example 2026-03-01T09:30:00.000Z
             */
            updatedAt: string;
            items?: components["schemas"]["OrderItem"][];
        };
        /** OrderPage */
        OrderPage: {
            data: components["schemas"]["Order"][];
            meta: components["schemas"]["PageMeta"];
        };
        /** NewOrderItem */
        NewOrderItem: {
            /**
             * Format: uuid
             * @example 00000000-0000-7000-8000-0000000f0001
             */
            productId: string;
            /**
             * @default 1
             * @example 2
             */
            quantity?: number;
        };
        /** ShippingAddress */
        ShippingAddress: {
            /**
             * @description Text without NUL or lone surrogates, with at least one visible character.
             * @example Alice Example
             */
            name: string;
            /**
             * @description Text without NUL or lone surrogates, with at least one visible character.
             * @example 1 Example Street
             */
            line1: string;
            /** @description Text without NUL or lone surrogates, with at least one visible character. */
            line2?: string;
            /**
             * @description Text without NUL or lone surrogates, with at least one visible character.
             * @example Exampletown
             */
            city: string;
            /** @description Text without NUL or lone surrogates, with at least one visible character. */
            region?: string;
            /**
             * @description Text without NUL or lone surrogates, with at least one visible character.
             * @example 12345
             */
            postalCode?: string;
            /**
             * @description ISO 3166-1 alpha-2.
             * @example DE
             */
            country: string;
        };
        /**
         * Metadata
         * @description The caller's own data: at most 20 texts, under names of at most 40 characters.
         * @example {
         *       "campaign": "spring"
         *     }
         */
        Metadata: {
            [key: string]: string;
        };
        /** NewOrder */
        NewOrder: {
            /** @description Each product once, all in one currency. */
            items?: components["schemas"]["NewOrderItem"][];
            /**
             * Format: uuid
             * @example 00000000-0000-7000-8000-0000000f0001
             */
            productId?: string;
            /**
             * @description With productId; 1 when absent.
             * @example 2
             */
            quantity?: number;
            shippingAddress?: components["schemas"]["ShippingAddress"];
            metadata?: components["schemas"]["Metadata"];
        };
        /**
         * StoredAddress
         * @description A ShippingAddress, or only its country and postalCode once personal data is erased.
         */
        StoredAddress: {
            /**
             * @description Text without NUL or lone surrogates, with at least one visible character.
             * @example Alice Example
             */
            name?: string;
            /**
             * @description Text without NUL or lone surrogates, with at least one visible character.
             * @example 1 Example Street
             */
            line1?: string;
            /** @description Text without NUL or lone surrogates, with at least one visible character. */
            line2?: string;
            /**
             * @description Text without NUL or lone surrogates, with at least one visible character.
             * @example Exampletown
             */
            city?: string;
            /** @description Text without NUL or lone surrogates, with at least one visible character. */
            region?: string;
            /**
             * @description Text without NUL or lone surrogates, with at least one visible character.
             * @example 12345
             */
            postalCode?: string;
            /**
             * @description ISO 3166-1 alpha-2.
             * @example DE
             */
            country?: string;
        };
        /** StoredMetadata */
        StoredMetadata: {
            [key: string]: string;
        };
        /** Shipment */
        Shipment: {
            /**
             * @description Text without NUL or lone surrogates, with at least one visible character.
             * @example Parcel Post
             */
            carrier: string;
            /**
             * @description Text without NUL or lone surrogates, with at least one visible character.
             * @example PP123456789
             */
            trackingNumber: string;
            /**
             * Format: uri
             * @example https://parcels.example.com/PP123456789
             */
            trackingUrl?: string;
        };
        /**
         * OrderAction
         * @enum {string}
         */
        OrderAction: "cancel" | "pay" | "ship" | "track" | "deliver" | "refund" | "readdress" | "note" | "revert";
        /** OrderDetails */
        OrderDetails: {
            /** Format: uuid */
            id: string;
            /**
             * @description For people, to read out and to search by. Not unique; never part of an address.
             * @example HZ1NE-0RYGH
             */
            number: string;
            /** @description Counts the changes of the order. Send it as If-Match to change only this version. */
            version: number;
            /** Format: uuid */
            userId: string;
            status: components["schemas"]["OrderStatus"];
            /**
             * Format: uuid
             * @description The product of the first item.
             */
            productId: string;
            /**
             * @description Text without NUL or lone surrogates, with at least one visible character.
             * @example Pour-over kettle
             */
            productName: string;
            /** @description How many items the order has. */
            itemCount: number;
            /**
             * @description The sum of quantity × unitAmount of the items, in minor units of the currency.
             * @example 9800
             */
            totalAmount: number;
            /**
             * @description What has been refunded so far, in minor units of the currency.
             * @example 0
             */
            refundedAmount: number;
            /**
             * @description ISO 4217.
             * @example EUR
             */
            currency: string;
            /**
             * Format: date-time
             * @example 2026-03-01T09:30:00.000Z
             */
            createdAt: string;
            /**
             * Format: date-time
             * @description The time of the last event of the order.
             * @example 2026-03-01T09:30:00.000Z
             */
            updatedAt: string;
            items: components["schemas"]["OrderItem"][];
            shippingAddress: components["schemas"]["StoredAddress"] | null;
            metadata: components["schemas"]["StoredMetadata"] | null;
            shipment: components["schemas"]["Shipment"] | null;
            /** @description A payment arrived after the order was cancelled, and has not been refunded in full. */
            latePayment: boolean;
            /** @description What the caller may do to the order now. */
            actions: components["schemas"]["OrderAction"][];
            /** @description Only operators see it. */
            paymentReference?: string | null;
        };
        /** Cancellation */
        Cancellation: {
            /**
             * @description Text without NUL or lone surrogates, with at least one visible character.
             * @example Ordered by mistake
             */
            reason?: string;
            /**
             * @description Text without NUL or lone surrogates, with at least one visible character.
             * @example I meant the larger one
             */
            note?: string;
        };
        /**
         * EventType
         * @enum {string}
         */
        EventType: "placed" | "paid" | "paid_late" | "shipped" | "tracked" | "delivered" | "cancelled" | "refunded" | "readdressed" | "noted" | "reverted" | "erased";
        /**
         * Actor
         * @description Who did it. Only operators see it.
         */
        Actor: {
            /** Format: uuid */
            id: string;
            /** @example admin */
            role: string;
        };
        /** LastEvent */
        LastEvent: {
            type: components["schemas"]["EventType"];
            /**
             * Format: date-time
             * @example 2026-03-01T09:30:00.000Z
             */
            at: string;
            actor?: components["schemas"]["Actor"];
        };
        /**
         * CurrentOrder
         * @description The order as it is. Absent if an Idempotency-Key is in progress.
         */
        CurrentOrder: {
            /** Format: uuid */
            id: string;
            status: components["schemas"]["OrderStatus"];
            version: number;
            actions: components["schemas"]["OrderAction"][];
            lastEvent: components["schemas"]["LastEvent"];
        };
        /** OwnOrderEvent */
        OwnOrderEvent: {
            /** @description The version of the order that the event made. */
            version: number;
            type: components["schemas"]["EventType"];
            /** @description Of the order, after the event. */
            status: components["schemas"]["OrderStatus"];
            /**
             * Format: date-time
             * @example 2026-03-01T09:30:00.000Z
             */
            at: string;
            /** @description The money that moved, in minor units; null for other events. */
            amount: number | null;
            /** @description What the event recorded. */
            data: {
                [key: string]: unknown;
            };
        };
        /** OrderHistory */
        OrderHistory: {
            data: components["schemas"]["OwnOrderEvent"][];
        };
        /** OperatorsCancellation */
        OperatorsCancellation: {
            /**
             * @description Text without NUL or lone surrogates, with at least one visible character.
             * @example Ordered by mistake
             */
            reason: string;
        };
        /** Payment */
        Payment: {
            /**
             * @description Text without NUL or lone surrogates, with at least one visible character.
             * @example payment-2001
             */
            reference: string;
        };
        /** Refund */
        Refund: {
            /**
             * @description In minor units; the whole remainder when absent.
             * @example 1250
             */
            amount?: number;
            /**
             * @description Text without NUL or lone surrogates, with at least one visible character.
             * @example Ordered by mistake
             */
            reason: string;
        };
        /** AddressChange */
        AddressChange: {
            shippingAddress: components["schemas"]["ShippingAddress"];
        };
        /** Note */
        Note: {
            /**
             * @description Text without NUL or lone surrogates, with at least one visible character.
             * @example Customer called: deliver before noon.
             */
            note: string;
        };
        /** Reversal */
        Reversal: {
            /**
             * @description Text without NUL or lone surrogates, with at least one visible character.
             * @example Ordered by mistake
             */
            reason: string;
        };
        /** OrderEvent */
        OrderEvent: {
            /** @description The version of the order that the event made. */
            version: number;
            type: components["schemas"]["EventType"];
            /** @description Of the order, after the event. */
            status: components["schemas"]["OrderStatus"];
            /**
             * Format: date-time
             * @example 2026-03-01T09:30:00.000Z
             */
            at: string;
            /** @description The money that moved, in minor units; null for other events. */
            amount: number | null;
            /** @description What the event recorded. */
            data: {
                [key: string]: unknown;
            };
            actor: components["schemas"]["Actor"];
        };
        /** OperatorsOrderHistory */
        OperatorsOrderHistory: {
            data: components["schemas"]["OrderEvent"][];
        };
        /** NewErasure */
        NewErasure: {
            /** Format: uuid */
            userId: string;
        };
        /** Erasure */
        Erasure: {
            /** Format: uuid */
            userId: string;
            /** @description How many times an order was erased, for all requests about this user. */
            erased: number;
            /** @description Orders that are still open. Each is erased within about an hour of being closed. */
            waiting: number;
            /**
             * Format: date-time
             * @description The erasure covers the orders that were placed until then.
             * @example 2026-03-01T09:30:00.000Z
             */
            requestedAt: string;
            /** @description null while orders wait to be closed or to be erased. */
            completedAt: string | null;
        };
        /** NewExportLink */
        NewExportLink: {
            /** @enum {string} */
            format: "ndjson" | "csv";
        };
        /** ExportLink */
        ExportLink: {
            /**
             * Format: uri-reference
             * @description Where to download the export.
             * @example /orders/export/download?token=3q2-7wAwT0uVqk0mTXqk7Q
             */
            url: string;
            /**
             * Format: date-time
             * @example 2026-03-01T09:30:00.000Z
             */
            expiresAt: string;
        };
        /** ExportFilters */
        ExportFilters: {
            /** @description Orders with one of these. */
            status?: components["schemas"]["OrderStatus"][];
            /**
             * Format: date-time
             * @description Only orders placed at this time or later.
             * @example 2026-03-01T00:00:00+01:00
             * @example 2026-03-31T22:00:00Z
             */
            createdFrom?: string;
            /**
             * Format: date-time
             * @description Only orders placed before this time.
             * @example 2026-03-01T00:00:00+01:00
             * @example 2026-03-31T22:00:00Z
             */
            createdTo?: string;
            /** Format: uuid */
            userId?: string;
            /**
             * Format: uuid
             * @description The product of any item.
             */
            productId?: string;
        };
        /** NewOperatorsExportLink */
        NewOperatorsExportLink: {
            /**
             * @description excel is CSV as spreadsheet programs open it: with a byte order mark, and separators as in the locale.
             * @enum {string}
             */
            format: "ndjson" | "csv" | "excel";
            /**
             * @description BCP 47; only with the format excel. en when absent.
             * @example de-DE
             */
            locale?: string;
            filters?: components["schemas"]["ExportFilters"];
        };
        /** Currency */
        Currency: {
            /**
             * @description ISO 4217.
             * @example EUR
             */
            code: string;
            /**
             * @description How many decimals amounts have.
             * @example 2
             */
            minorUnits: number;
        };
        /** Currencies */
        Currencies: {
            data: components["schemas"]["Currency"][];
        };
        /**
         * Customer
         * @description Name and email are null where the identity provider does not tell them.
         */
        Customer: {
            /** Format: uuid */
            id: string;
            name: string | null;
            email: string | null;
        };
        /** OperatorsOrder */
        OperatorsOrder: {
            /** Format: uuid */
            id: string;
            /**
             * @description For people, to read out and to search by. Not unique; never part of an address.
             * @example HZ1NE-0RYGH
             */
            number: string;
            /** @description Counts the changes of the order. Send it as If-Match to change only this version. */
            version: number;
            /** Format: uuid */
            userId: string;
            status: components["schemas"]["OrderStatus"];
            /**
             * Format: uuid
             * @description The product of the first item.
             */
            productId: string;
            /**
             * @description Text without NUL or lone surrogates, with at least one visible character.
             * @example Pour-over kettle
             */
            productName: string;
            /** @description How many items the order has. */
            itemCount: number;
            /**
             * @description The sum of quantity × unitAmount of the items, in minor units of the currency.
             * @example 9800
             */
            totalAmount: number;
            /**
             * @description What has been refunded so far, in minor units of the currency.
             * @example 0
             */
            refundedAmount: number;
            /**
             * @description ISO 4217.
             * @example EUR
             */
            currency: string;
            /**
             * Format: date-time
             * @example 2026-03-01T09:30:00.000Z
             */
            createdAt: string;
            /**
             * Format: date-time
             * @description The time of the last event of the order.
             * @example 2026-03-01T09:30:00.000Z
             */
            updatedAt: string;
            items?: components["schemas"]["OrderItem"][];
            /** @description A payment arrived after the order was cancelled, and has not been refunded in full. */
            latePayment: boolean;
            /** @description Who placed the order. Null if unknown: the account is deleted, or cannot be looked up now. */
            customer: components["schemas"]["Customer"] | null;
        };
        /** OperatorsPageMeta */
        OperatorsPageMeta: {
            limit: number;
            nextCursor: string | null;
            /** @description Matching orders, countUpTo at most. Only with countUpTo. */
            count?: number;
            /** @description False if more orders match than were counted. */
            countIsExact?: boolean;
            /**
             * @description Unavailable if the User service could not be asked: then no customer is known.
             * @enum {string}
             */
            customers: "available" | "unavailable";
        };
        /** OperatorsOrderPage */
        OperatorsOrderPage: {
            data: components["schemas"]["OperatorsOrder"][];
            meta: components["schemas"]["OperatorsPageMeta"];
        };
        /** OperatorsOrderDetails */
        OperatorsOrderDetails: {
            /** Format: uuid */
            id: string;
            /**
             * @description For people, to read out and to search by. Not unique; never part of an address.
             * @example HZ1NE-0RYGH
             */
            number: string;
            /** @description Counts the changes of the order. Send it as If-Match to change only this version. */
            version: number;
            /** Format: uuid */
            userId: string;
            status: components["schemas"]["OrderStatus"];
            /**
             * Format: uuid
             * @description The product of the first item.
             */
            productId: string;
            /**
             * @description Text without NUL or lone surrogates, with at least one visible character.
             * @example Pour-over kettle
             */
            productName: string;
            /** @description How many items the order has. */
            itemCount: number;
            /**
             * @description The sum of quantity × unitAmount of the items, in minor units of the currency.
             * @example 9800
             */
            totalAmount: number;
            /**
             * @description What has been refunded so far, in minor units of the currency.
             * @example 0
             */
            refundedAmount: number;
            /**
             * @description ISO 4217.
             * @example EUR
             */
            currency: string;
            /**
             * Format: date-time
             * @example 2026-03-01T09:30:00.000Z
             */
            createdAt: string;
            /**
             * Format: date-time
             * @description The time of the last event of the order.
             * @example 2026-03-01T09:30:00.000Z
             */
            updatedAt: string;
            items: components["schemas"]["OrderItem"][];
            shippingAddress: components["schemas"]["StoredAddress"] | null;
            metadata: components["schemas"]["StoredMetadata"] | null;
            shipment: components["schemas"]["Shipment"] | null;
            /** @description A payment arrived after the order was cancelled, and has not been refunded in full. */
            latePayment: boolean;
            /** @description What the caller may do to the order now. */
            actions: components["schemas"]["OrderAction"][];
            /** @description Only operators see it. */
            paymentReference?: string | null;
            /** @description All events, oldest first. */
            history: components["schemas"]["OrderEvent"][];
            /** @description Who placed the order. Null if unknown: the account is deleted, or cannot be looked up now. */
            customer: components["schemas"]["Customer"] | null;
        };
        /** Total */
        Total: {
            count: number;
            /** @description In minor units of the currency. */
            amount: number;
        };
        /** CurrencyTotals */
        CurrencyTotals: {
            /** @description ISO 4217. */
            currency: string;
            /** @description Orders placed on the day, whatever became of them. */
            placed: components["schemas"]["Total"];
            /** @description Payments of the day, for orders of any day, those after a cancellation included. */
            paid: components["schemas"]["Total"];
            /** @description Refunds of the day, for orders of any day. */
            refunded: components["schemas"]["Total"];
        };
        /** DayTotals */
        DayTotals: {
            /**
             * Format: date
             * @description In the time zone.
             * @example 2026-03-29
             */
            date: string;
            /**
             * Format: date-time
             * @description The first moment of the day.
             * @example 2026-03-01T09:30:00.000Z
             */
            startsAt: string;
            /**
             * Format: date-time
             * @description The first moment after the day, which has 23 or 25 hours when the clocks change.
             * @example 2026-03-01T09:30:00.000Z
             */
            endsAt: string;
            /** @description One entry for each currency that anything happened in; they cannot be added up. */
            currencies: components["schemas"]["CurrencyTotals"][];
        };
        /** StatsMeta */
        StatsMeta: {
            from: string;
            to: string;
            tz: string;
            /**
             * Format: date-time
             * @example 2026-03-01T09:30:00.000Z
             */
            computedAt: string;
        };
        /** Stats */
        Stats: {
            data: components["schemas"]["DayTotals"][];
            meta: components["schemas"]["StatsMeta"];
        };
        /** EventOrderItem */
        EventOrderItem: {
            position: number;
            /** Format: uuid */
            productId: string;
            /**
             * @description Absent from all items of an order whose items would take more than 48 KiB.
             * @example Pour-over kettle
             */
            productName?: string;
            quantity: number;
            unitAmount: number;
        };
        /** EventShipment */
        EventShipment: {
            carrier: string;
            trackingNumber: string;
            trackingUrl?: string;
        };
        /**
         * EventOrder
         * @description The order as it was after the event. Money is in minor units.
         */
        EventOrder: {
            /** Format: uuid */
            id: string;
            /**
             * @description For people. Not unique.
             * @example 7KQ4M-2XD9T
             */
            number: string;
            version: number;
            /** Format: uuid */
            userId: string;
            status: components["schemas"]["OrderStatus"];
            /**
             * Format: uuid
             * @description The product of the first item.
             */
            productId: string;
            /**
             * @description Text without NUL or lone surrogates, with at least one visible character.
             * @example Pour-over kettle
             */
            productName: string;
            itemCount: number;
            totalAmount: number;
            /** @example EUR */
            currency: string;
            refundedAmount: number;
            /**
             * Format: date-time
             * @example 2026-03-01T09:30:00.000Z
             */
            createdAt: string;
            /**
             * Format: date-time
             * @example 2026-03-01T09:30:00.000Z
             */
            updatedAt: string;
            items: components["schemas"]["EventOrderItem"][];
            shipment: components["schemas"]["EventShipment"] | null;
            /** @description A payment arrived after the order was cancelled, and has not been refunded in full. */
            latePayment: boolean;
        };
        /**
         * DeletedOrder
         * @description What is left of an order that was deleted from the database by hand.
         */
        DeletedOrder: {
            /** Format: uuid */
            id: string;
            /** Format: uuid */
            userId: string;
            version: number;
        };
        /** EventData */
        EventData: components["schemas"]["EventOrder"] | components["schemas"]["DeletedOrder"];
        /** OrderPlacedEvent */
        OrderPlacedEvent: {
            /** @enum {string} */
            specversion: "1.0";
            /**
             * Format: uuid
             * @description Of this event alone; drop events whose id you have seen.
             */
            id: string;
            /** @enum {string} */
            source: "urn:shop:orders";
            /** @enum {string} */
            type: "shop.orders.placed.v1";
            /**
             * Format: uuid
             * @description The order.
             */
            subject: string;
            /**
             * Format: date-time
             * @example 2026-03-01T09:30:00.000Z
             */
            time: string;
            /**
             * Format: uuid
             * @description The order again: its events come in order.
             */
            partitionkey: string;
            /** @description The position in the feed. */
            sequence: string;
            /** @description The trace of the request that changed the order. */
            traceparent?: string;
            /** @enum {string} */
            datacontenttype: "application/json";
            data: components["schemas"]["EventData"];
        };
        /** OrderPaidEvent */
        OrderPaidEvent: {
            /** @enum {string} */
            specversion: "1.0";
            /**
             * Format: uuid
             * @description Of this event alone; drop events whose id you have seen.
             */
            id: string;
            /** @enum {string} */
            source: "urn:shop:orders";
            /** @enum {string} */
            type: "shop.orders.paid.v1";
            /**
             * Format: uuid
             * @description The order.
             */
            subject: string;
            /**
             * Format: date-time
             * @example 2026-03-01T09:30:00.000Z
             */
            time: string;
            /**
             * Format: uuid
             * @description The order again: its events come in order.
             */
            partitionkey: string;
            /** @description The position in the feed. */
            sequence: string;
            /** @description The trace of the request that changed the order. */
            traceparent?: string;
            /** @enum {string} */
            datacontenttype: "application/json";
            data: components["schemas"]["EventData"];
        };
        /** OrderPaidLateEvent */
        OrderPaidLateEvent: {
            /** @enum {string} */
            specversion: "1.0";
            /**
             * Format: uuid
             * @description Of this event alone; drop events whose id you have seen.
             */
            id: string;
            /** @enum {string} */
            source: "urn:shop:orders";
            /** @enum {string} */
            type: "shop.orders.paid_late.v1";
            /**
             * Format: uuid
             * @description The order.
             */
            subject: string;
            /**
             * Format: date-time
             * @example 2026-03-01T09:30:00.000Z
             */
            time: string;
            /**
             * Format: uuid
             * @description The order again: its events come in order.
             */
            partitionkey: string;
            /** @description The position in the feed. */
            sequence: string;
            /** @description The trace of the request that changed the order. */
            traceparent?: string;
            /** @enum {string} */
            datacontenttype: "application/json";
            data: components["schemas"]["EventData"];
        };
        /** OrderShippedEvent */
        OrderShippedEvent: {
            /** @enum {string} */
            specversion: "1.0";
            /**
             * Format: uuid
             * @description Of this event alone; drop events whose id you have seen.
             */
            id: string;
            /** @enum {string} */
            source: "urn:shop:orders";
            /** @enum {string} */
            type: "shop.orders.shipped.v1";
            /**
             * Format: uuid
             * @description The order.
             */
            subject: string;
            /**
             * Format: date-time
             * @example 2026-03-01T09:30:00.000Z
             */
            time: string;
            /**
             * Format: uuid
             * @description The order again: its events come in order.
             */
            partitionkey: string;
            /** @description The position in the feed. */
            sequence: string;
            /** @description The trace of the request that changed the order. */
            traceparent?: string;
            /** @enum {string} */
            datacontenttype: "application/json";
            data: components["schemas"]["EventData"];
        };
        /** OrderTrackedEvent */
        OrderTrackedEvent: {
            /** @enum {string} */
            specversion: "1.0";
            /**
             * Format: uuid
             * @description Of this event alone; drop events whose id you have seen.
             */
            id: string;
            /** @enum {string} */
            source: "urn:shop:orders";
            /** @enum {string} */
            type: "shop.orders.tracked.v1";
            /**
             * Format: uuid
             * @description The order.
             */
            subject: string;
            /**
             * Format: date-time
             * @example 2026-03-01T09:30:00.000Z
             */
            time: string;
            /**
             * Format: uuid
             * @description The order again: its events come in order.
             */
            partitionkey: string;
            /** @description The position in the feed. */
            sequence: string;
            /** @description The trace of the request that changed the order. */
            traceparent?: string;
            /** @enum {string} */
            datacontenttype: "application/json";
            data: components["schemas"]["EventData"];
        };
        /** OrderDeliveredEvent */
        OrderDeliveredEvent: {
            /** @enum {string} */
            specversion: "1.0";
            /**
             * Format: uuid
             * @description Of this event alone; drop events whose id you have seen.
             */
            id: string;
            /** @enum {string} */
            source: "urn:shop:orders";
            /** @enum {string} */
            type: "shop.orders.delivered.v1";
            /**
             * Format: uuid
             * @description The order.
             */
            subject: string;
            /**
             * Format: date-time
             * @example 2026-03-01T09:30:00.000Z
             */
            time: string;
            /**
             * Format: uuid
             * @description The order again: its events come in order.
             */
            partitionkey: string;
            /** @description The position in the feed. */
            sequence: string;
            /** @description The trace of the request that changed the order. */
            traceparent?: string;
            /** @enum {string} */
            datacontenttype: "application/json";
            data: components["schemas"]["EventData"];
        };
        /** OrderCancelledEvent */
        OrderCancelledEvent: {
            /** @enum {string} */
            specversion: "1.0";
            /**
             * Format: uuid
             * @description Of this event alone; drop events whose id you have seen.
             */
            id: string;
            /** @enum {string} */
            source: "urn:shop:orders";
            /** @enum {string} */
            type: "shop.orders.cancelled.v1";
            /**
             * Format: uuid
             * @description The order.
             */
            subject: string;
            /**
             * Format: date-time
             * @example 2026-03-01T09:30:00.000Z
             */
            time: string;
            /**
             * Format: uuid
             * @description The order again: its events come in order.
             */
            partitionkey: string;
            /** @description The position in the feed. */
            sequence: string;
            /** @description The trace of the request that changed the order. */
            traceparent?: string;
            /** @enum {string} */
            datacontenttype: "application/json";
            data: components["schemas"]["EventData"];
        };
        /** OrderRefundedEvent */
        OrderRefundedEvent: {
            /** @enum {string} */
            specversion: "1.0";
            /**
             * Format: uuid
             * @description Of this event alone; drop events whose id you have seen.
             */
            id: string;
            /** @enum {string} */
            source: "urn:shop:orders";
            /** @enum {string} */
            type: "shop.orders.refunded.v1";
            /**
             * Format: uuid
             * @description The order.
             */
            subject: string;
            /**
             * Format: date-time
             * @example 2026-03-01T09:30:00.000Z
             */
            time: string;
            /**
             * Format: uuid
             * @description The order again: its events come in order.
             */
            partitionkey: string;
            /** @description The position in the feed. */
            sequence: string;
            /** @description The trace of the request that changed the order. */
            traceparent?: string;
            /** @enum {string} */
            datacontenttype: "application/json";
            data: components["schemas"]["EventData"];
        };
        /** OrderReaddressedEvent */
        OrderReaddressedEvent: {
            /** @enum {string} */
            specversion: "1.0";
            /**
             * Format: uuid
             * @description Of this event alone; drop events whose id you have seen.
             */
            id: string;
            /** @enum {string} */
            source: "urn:shop:orders";
            /** @enum {string} */
            type: "shop.orders.readdressed.v1";
            /**
             * Format: uuid
             * @description The order.
             */
            subject: string;
            /**
             * Format: date-time
             * @example 2026-03-01T09:30:00.000Z
             */
            time: string;
            /**
             * Format: uuid
             * @description The order again: its events come in order.
             */
            partitionkey: string;
            /** @description The position in the feed. */
            sequence: string;
            /** @description The trace of the request that changed the order. */
            traceparent?: string;
            /** @enum {string} */
            datacontenttype: "application/json";
            data: components["schemas"]["EventData"];
        };
        /** OrderNotedEvent */
        OrderNotedEvent: {
            /** @enum {string} */
            specversion: "1.0";
            /**
             * Format: uuid
             * @description Of this event alone; drop events whose id you have seen.
             */
            id: string;
            /** @enum {string} */
            source: "urn:shop:orders";
            /** @enum {string} */
            type: "shop.orders.noted.v1";
            /**
             * Format: uuid
             * @description The order.
             */
            subject: string;
            /**
             * Format: date-time
             * @example 2026-03-01T09:30:00.000Z
             */
            time: string;
            /**
             * Format: uuid
             * @description The order again: its events come in order.
             */
            partitionkey: string;
            /** @description The position in the feed. */
            sequence: string;
            /** @description The trace of the request that changed the order. */
            traceparent?: string;
            /** @enum {string} */
            datacontenttype: "application/json";
            data: components["schemas"]["EventData"];
        };
        /** OrderRevertedEvent */
        OrderRevertedEvent: {
            /** @enum {string} */
            specversion: "1.0";
            /**
             * Format: uuid
             * @description Of this event alone; drop events whose id you have seen.
             */
            id: string;
            /** @enum {string} */
            source: "urn:shop:orders";
            /** @enum {string} */
            type: "shop.orders.reverted.v1";
            /**
             * Format: uuid
             * @description The order.
             */
            subject: string;
            /**
             * Format: date-time
             * @example 2026-03-01T09:30:00.000Z
             */
            time: string;
            /**
             * Format: uuid
             * @description The order again: its events come in order.
             */
            partitionkey: string;
            /** @description The position in the feed. */
            sequence: string;
            /** @description The trace of the request that changed the order. */
            traceparent?: string;
            /** @enum {string} */
            datacontenttype: "application/json";
            data: components["schemas"]["EventData"];
        };
        /** OrderErasedEvent */
        OrderErasedEvent: {
            /** @enum {string} */
            specversion: "1.0";
            /**
             * Format: uuid
             * @description Of this event alone; drop events whose id you have seen.
             */
            id: string;
            /** @enum {string} */
            source: "urn:shop:orders";
            /** @enum {string} */
            type: "shop.orders.erased.v1";
            /**
             * Format: uuid
             * @description The order.
             */
            subject: string;
            /**
             * Format: date-time
             * @example 2026-03-01T09:30:00.000Z
             */
            time: string;
            /**
             * Format: uuid
             * @description The order again: its events come in order.
             */
            partitionkey: string;
            /** @description The position in the feed. */
            sequence: string;
            /** @description The trace of the request that changed the order. */
            traceparent?: string;
            /** @enum {string} */
            datacontenttype: "application/json";
            data: components["schemas"]["EventData"];
        };
        /**
         * Event
         * @description An event of an order, by its type.
         */
        Event: components["schemas"]["OrderPlacedEvent"] | components["schemas"]["OrderPaidEvent"] | components["schemas"]["OrderPaidLateEvent"] | components["schemas"]["OrderShippedEvent"] | components["schemas"]["OrderTrackedEvent"] | components["schemas"]["OrderDeliveredEvent"] | components["schemas"]["OrderCancelledEvent"] | components["schemas"]["OrderRefundedEvent"] | components["schemas"]["OrderReaddressedEvent"] | components["schemas"]["OrderNotedEvent"] | components["schemas"]["OrderRevertedEvent"] | components["schemas"]["OrderErasedEvent"];
        /** EventPageMeta */
        EventPageMeta: {
            /**
             * @description For the next request, as `after`.
             * @example 4f8a1c2e.1042
             */
            next: string;
            /**
             * @description After the last event there was.
             * @example 4f8a1c2e.1042
             */
            head: string;
            /** @description How many events are in this answer. */
            count: number;
        };
        /** EventPage */
        EventPage: {
            data: components["schemas"]["Event"][];
            meta: components["schemas"]["EventPageMeta"];
        };
        /**
         * DisabledReason
         * @enum {string}
         */
        DisabledReason: "operator" | "gone";
        /** Webhook */
        Webhook: {
            /** Format: uuid */
            id: string;
            url: string;
            /** @description null: all types. */
            types: string[] | null;
            ordered: boolean;
            description: string;
            enabled: boolean;
            /** @description gone: the receiver has answered 410. null while it is enabled. */
            disabledReason: components["schemas"]["DisabledReason"] | null;
            /** @description How many events of the feed it has not come to yet, whatever their type. */
            behind: number;
            /** @description Nothing is sent until then, because the receiver has answered with Retry-After. */
            pausedUntil: string | null;
            /**
             * Format: date-time
             * @example 2026-03-01T09:30:00.000Z
             */
            createdAt: string;
            /**
             * Format: date-time
             * @example 2026-03-01T09:30:00.000Z
             */
            updatedAt: string;
        };
        /** WebhookList */
        WebhookList: {
            data: components["schemas"]["Webhook"][];
        };
        /** NewWebhook */
        NewWebhook: {
            /**
             * @description Where events are sent. Its addresses must be public ones, unless a setting allows others; redirects are not followed.
             * @example https://example.com/hooks/orders
             */
            url: string;
            /** @description Only events of these types. When absent: all, also types that are added later. */
            types?: components["schemas"]["EventType"][];
            /**
             * @description Whether an event waits until the earlier ones of its order have been delivered or parked. Other orders never wait.
             * @default false
             */
            ordered?: boolean;
            /**
             * @description For people.
             * @default
             */
            description?: string;
        };
        /** WebhookWithSecret */
        WebhookWithSecret: {
            /** Format: uuid */
            id: string;
            url: string;
            /** @description null: all types. */
            types: string[] | null;
            ordered: boolean;
            description: string;
            enabled: boolean;
            /** @description gone: the receiver has answered 410. null while it is enabled. */
            disabledReason: components["schemas"]["DisabledReason"] | null;
            /** @description How many events of the feed it has not come to yet, whatever their type. */
            behind: number;
            /** @description Nothing is sent until then, because the receiver has answered with Retry-After. */
            pausedUntil: string | null;
            /**
             * Format: date-time
             * @example 2026-03-01T09:30:00.000Z
             */
            createdAt: string;
            /**
             * Format: date-time
             * @example 2026-03-01T09:30:00.000Z
             */
            updatedAt: string;
            /**
             * @description What messages are signed with, shown only here.
             * @example whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw
             */
            secret: string;
        };
        /** WebhookChange */
        WebhookChange: {
            /**
             * @description Where events are sent. Its addresses must be public ones, unless a setting allows others; redirects are not followed.
             * @example https://example.com/hooks/orders
             */
            url?: string;
            /** @description null: all types. */
            types?: components["schemas"]["EventType"][] | null;
            /** @description Whether an event waits until the earlier ones of its order have been delivered or parked. Other orders never wait. */
            ordered?: boolean;
            /** @description For people. */
            description?: string;
            /** @description false stops sending; true goes on with the first event that was not delivered. */
            enabled?: boolean;
        };
        /** PingResult */
        PingResult: {
            delivered: boolean;
            /** @description Of the last answer. null without one. */
            status: number | null;
            /** @description Why the last attempt failed: status, address_refused, name_not_resolved, connection_failed, connection_closed, tls_failed, timed_out, invalid_answer, or event_expired. */
            reason: string | null;
            /** @description The first 1024 bytes of the last answer, if it reported a failure. */
            answer: string | null;
            /** @description How long the last attempt took. */
            durationMs: number | null;
        };
        /**
         * DeliveryState
         * @enum {string}
         */
        DeliveryState: "waiting" | "delivered" | "parked";
        /** Delivery */
        Delivery: {
            /**
             * Format: uuid
             * @description The id of the event, and so of the delivery.
             */
            eventId: string;
            /** @example placed */
            type: string;
            /** Format: uuid */
            orderId: string;
            /** @description parked: the last attempt has failed, and it is sent again only on request. */
            state: components["schemas"]["DeliveryState"];
            attempts: number;
            /** @description null unless it waits. */
            nextAttemptAt: string | null;
            /** @description Of the last answer. null without one. */
            status: number | null;
            /** @description Why the last attempt failed: status, address_refused, name_not_resolved, connection_failed, connection_closed, tls_failed, timed_out, invalid_answer, or event_expired. */
            reason: string | null;
            /** @description The first 1024 bytes of the last answer, if it reported a failure. */
            answer: string | null;
            /** @description How long the last attempt took. */
            durationMs: number | null;
            /**
             * Format: date-time
             * @example 2026-03-01T09:30:00.000Z
             */
            createdAt: string;
            /**
             * Format: date-time
             * @example 2026-03-01T09:30:00.000Z
             */
            updatedAt: string;
        };
        /** DeliveryPageMeta */
        DeliveryPageMeta: {
            limit: number;
            nextCursor: string | null;
        };
        /** DeliveryPage */
        DeliveryPage: {
            data: components["schemas"]["Delivery"][];
            meta: components["schemas"]["DeliveryPageMeta"];
        };
        /** Redelivery */
        Redelivery: {
            /** @description How many events. */
            count: number;
        };
        InternalServerErrorProblem: components["schemas"]["Problem"] & {
            /** @enum {number} */
            status?: 500;
            /** @enum {string} */
            code?: "internal_error";
        };
        BadRequestProblem: components["schemas"]["Problem"] & {
            /** @enum {number} */
            status?: 400;
            /** @enum {string} */
            code?: "bad_request" | "invalid_encoding" | "validation_failed";
        };
        ServiceUnavailableProblem: components["schemas"]["Problem"] & {
            /** @enum {number} */
            status?: 503;
            /** @enum {string} */
            code?: "database_unavailable" | "issuer_unavailable" | "overloaded";
        };
        PayloadTooLargeProblem: components["schemas"]["Problem"] & {
            /** @enum {number} */
            status?: 413;
            /** @enum {string} */
            code?: "body_too_large";
        };
        UnsupportedMediaTypeProblem: components["schemas"]["Problem"] & {
            /** @enum {number} */
            status?: 415;
            /** @enum {string} */
            code?: "unsupported_media_type";
        };
        UserNotFoundProblem: components["schemas"]["Problem"] & {
            /** @enum {number} */
            status?: 404;
            /** @enum {string} */
            code?: "user_not_found";
        };
    };
    responses: {
        /** @description Any other error: from HTTP itself before an operation is reached (400 bad_request, 408, 431), 403 insufficient_scope where the operator requires scopes of tokens, or from a gateway in front. */
        OtherError: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {string} */
                    code?: "bad_gateway" | "bad_request" | "body_too_large" | "gateway_timeout" | "headers_too_large" | "insufficient_scope" | "internal_error" | "method_not_allowed" | "overloaded" | "path_too_long" | "request_timeout" | "route_not_found" | "too_many_requests";
                };
            };
        };
        /** @description Something went wrong on our side. */
        InternalServerError: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["InternalServerErrorProblem"];
            };
        };
        /** @description No token, a token that does not verify, or wrong credentials. */
        Unauthorized: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {number} */
                    status?: 401;
                    /** @enum {string} */
                    code?: "invalid_token" | "token_missing";
                };
            };
        };
        /** @description The request is malformed or does not fit the contract. */
        BadRequest: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["BadRequestProblem"];
            };
        };
        /** @description Temporarily unavailable. */
        ServiceUnavailable: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["ServiceUnavailableProblem"];
            };
        };
        /** @description The caller may not do this. */
        Forbidden: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {number} */
                    status?: 403;
                    /** @enum {string} */
                    code?: "insufficient_scope" | "role_required";
                };
            };
        };
        /** @description The body is too large. */
        PayloadTooLarge: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["PayloadTooLargeProblem"];
            };
        };
        /** @description The body is not application/json in UTF-8, or has a Content-Encoding. */
        UnsupportedMediaType: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["UnsupportedMediaTypeProblem"];
            };
        };
        /** @description The Idempotency-Key was used for another request. */
        IdempotencyKeyReused: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {number} */
                    status?: 422;
                    /** @enum {string} */
                    code?: "idempotency_key_reused";
                };
            };
        };
        /** @description Not found, or not visible to the caller. */
        OrderNotFoundOrRouteNotFound: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {number} */
                    status?: 404;
                    /** @enum {string} */
                    code?: "order_not_found" | "route_not_found";
                };
            };
        };
        /** @description If-Match names another version. */
        VersionMismatch: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {number} */
                    status?: 412;
                    /** @enum {string} */
                    code?: "version_mismatch";
                    order?: components["schemas"]["CurrentOrder"];
                };
            };
        };
        /** @description Conflicts with the current state. */
        IdempotencyInProgressOrIllegalTransition: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {number} */
                    status?: 409;
                    /** @enum {string} */
                    code?: "idempotency_in_progress" | "illegal_transition";
                    order?: components["schemas"]["CurrentOrder"];
                };
            };
        };
        /** @description The request is malformed. */
        BadRequestAtGateway: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {string} */
                    code?: "bad_request";
                };
            };
        };
        /** @description Not found, or not visible to the caller. */
        RouteNotFoundOrWebhookNotFound: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {number} */
                    status?: 404;
                    /** @enum {string} */
                    code?: "route_not_found" | "webhook_not_found";
                };
            };
        };
        /** @description The request is malformed or does not fit the contract. */
        BadRequestWithQuota: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["BadRequestProblem"];
            };
        };
        /** @description The body is too large. */
        PayloadTooLargeWithQuota: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["PayloadTooLargeProblem"];
            };
        };
        /** @description The body is not application/json in UTF-8, or has a Content-Encoding. */
        UnsupportedMediaTypeWithQuota: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["UnsupportedMediaTypeProblem"];
            };
        };
        /** @description Too many requests of this kind. */
        TooManyRequestsWithQuota: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {number} */
                    status?: 429;
                    /** @enum {string} */
                    code?: "too_many_requests";
                };
            };
        };
        /** @description Something went wrong on our side. */
        InternalServerErrorWithQuota: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["InternalServerErrorProblem"];
            };
        };
        /** @description Temporarily unavailable. */
        ServiceUnavailableWithQuota: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["ServiceUnavailableProblem"];
            };
        };
        /** @description Not found, or not visible to the caller. */
        UserNotFound: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["UserNotFoundProblem"];
            };
        };
        /** @description Not found, or not visible to the caller. */
        ProductNotFound: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {number} */
                    status?: 404;
                    /** @enum {string} */
                    code?: "product_not_found";
                };
            };
        };
        /** @description Not found, or not visible to the caller. */
        OrderNotFound: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {number} */
                    status?: 404;
                    /** @enum {string} */
                    code?: "order_not_found";
                };
            };
        };
        /** @description Temporarily unavailable. */
        ExportsBusy: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {number} */
                    status?: 503;
                    /** @enum {string} */
                    code?: "database_unavailable" | "exports_busy" | "issuer_unavailable" | "overloaded";
                };
            };
        };
        /** @description Temporarily unavailable. */
        WebhooksNotConfigured: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {number} */
                    status?: 503;
                    /** @enum {string} */
                    code?: "database_unavailable" | "issuer_unavailable" | "overloaded" | "webhooks_not_configured";
                };
            };
        };
        /** @description No token, a token that does not verify, or wrong credentials. */
        InvalidCredentialsWithQuota: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {number} */
                    status?: 401;
                    /** @enum {string} */
                    code?: "invalid_credentials" | "invalid_token" | "token_missing";
                };
            };
        };
        /** @description Not found, or not visible to the caller. */
        UserNotFoundWithQuota: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["UserNotFoundProblem"];
            };
        };
        /** @description A service that this one depends on gave no valid answer. */
        BadGateway: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {number} */
                    status?: 502;
                    /** @enum {string} */
                    code?: "bad_gateway" | "upstream_error";
                };
            };
        };
        /** @description Temporarily unavailable. */
        UpstreamUnavailable: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {number} */
                    status?: 503;
                    /** @enum {string} */
                    code?: "database_unavailable" | "issuer_unavailable" | "overloaded" | "upstream_unavailable";
                };
            };
        };
        /** @description A service that this one depends on took too long. */
        GatewayTimeout: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {number} */
                    status?: 504;
                    /** @enum {string} */
                    code?: "gateway_timeout" | "upstream_timeout";
                };
            };
        };
        /** @description The request is malformed or does not fit the contract. */
        UnsupportedFilters: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {number} */
                    status?: 400;
                    /** @enum {string} */
                    code?: "bad_request" | "invalid_encoding" | "unsupported_filters" | "validation_failed";
                };
            };
        };
    };
    parameters: {
        Id: string;
        /** @description 1 to 255 printable ASCII characters, quoted or not; a new one for each thing that is to be done, such as a random UUID. */
        IdempotencyKey: string;
        /**
         * @description The ETag of the order, or "<version>": the order is only changed if it has this version. A weak ETag is accepted too, because proxies that compress answers weaken it.
         * @example "3"
         */
        IfMatch: string;
        /** @description Maximum number of rows to return. */
        Limit: number;
        /** @description Number of rows to skip; 0 when absent. To go deeper, or to page without repeating or skipping rows, use cursor. */
        Offset: number;
        /** @description meta.nextCursor of the previous page; cannot be combined with offset. */
        Cursor: string;
        /**
         * @description ETags of answers that the client has, or *.
         * @example W/"3q2-7w"
         */
        IfNoneMatch: string;
        /** @description Adds the items to each order. */
        Include: "items";
        /** @description From the address that was returned. */
        Token: string;
    };
    requestBodies: never;
    headers: {
        /** @description The caller's own X-Request-ID, or a new one. */
        "X-Request-ID": string;
        "WWW-Authenticate": string;
        /** @description Seconds to wait before trying again. */
        "Retry-After": number;
        /** @description The limits, as in draft-ietf-httpapi-ratelimit-headers-10: q requests in w seconds. A gateway may add its own. */
        "RateLimit-Policy": string;
        /** @description For a limit, the r requests left, and the t seconds until all are. */
        RateLimit: string;
        /** @description Present if the body had a Content-Encoding. */
        "Accept-Encoding": "identity";
        /** @description The version of the order, quoted; for If-Match. */
        ETag: string;
        /** @description Present when a stored answer is replayed. */
        "Idempotent-Replayed": "true";
        /** @description URL of the new resource. */
        Location: string;
        /** @description Caches may keep the answer, but ask before they use it again. */
        "Cache-Control": "public, no-cache";
        /** @description The cookie refresh_token: HttpOnly, SameSite=Strict, Path=/users, and Secure unless the shop is served without TLS. */
        "Set-Cookie": string;
        /** @description Names the file, e.g. attachment; filename="orders-2026-03-01.csv". */
        "Content-Disposition": string;
    };
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    getDocument: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The document. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        [key: string]: unknown;
                    };
                };
            };
            400: components["responses"]["BadRequestAtGateway"];
            default: components["responses"]["OtherError"];
        };
    };
    getHealth: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The process is alive. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Health"];
                };
            };
            400: components["responses"]["BadRequestAtGateway"];
            default: components["responses"]["OtherError"];
        };
    };
    getMe: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The caller. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["User"];
                };
            };
            400: components["responses"]["BadRequestAtGateway"];
            401: components["responses"]["Unauthorized"];
            404: components["responses"]["UserNotFound"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
            default: components["responses"]["OtherError"];
        };
    };
    deleteMe: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AccountDeletion"];
            };
        };
        responses: {
            /** @description The account was deleted. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequestWithQuota"];
            401: components["responses"]["InvalidCredentialsWithQuota"];
            404: components["responses"]["UserNotFoundWithQuota"];
            413: components["responses"]["PayloadTooLargeWithQuota"];
            415: components["responses"]["UnsupportedMediaTypeWithQuota"];
            429: components["responses"]["TooManyRequestsWithQuota"];
            500: components["responses"]["InternalServerErrorWithQuota"];
            503: components["responses"]["ServiceUnavailableWithQuota"];
            default: components["responses"]["OtherError"];
        };
    };
    changeMe: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UserChange"];
            };
        };
        responses: {
            /** @description The caller. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["User"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            404: components["responses"]["UserNotFound"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
            default: components["responses"]["OtherError"];
        };
    };
    getUser: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: components["parameters"]["Id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The user. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["User"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            404: components["responses"]["UserNotFound"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
            default: components["responses"]["OtherError"];
        };
    };
    findUsers: {
        parameters: {
            query?: {
                /**
                 * @description From 1 to 100 UUIDs, separated by commas.
                 * @example 00000000-0000-7000-8000-0000000000a1,00000000-0000-7000-8000-0000000000b0
                 */
                ids?: string;
                /** @example alice@example.com */
                email?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The users that there are, in any order. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Contacts"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
            default: components["responses"]["OtherError"];
        };
    };
    register: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewUser"];
            };
        };
        responses: {
            /** @description The new user. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["User"];
                };
            };
            400: components["responses"]["BadRequestWithQuota"];
            /** @description Conflicts with the current state. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {number} */
                        status?: 409;
                        /** @enum {string} */
                        code?: "email_taken";
                    };
                };
            };
            413: components["responses"]["PayloadTooLargeWithQuota"];
            415: components["responses"]["UnsupportedMediaTypeWithQuota"];
            429: components["responses"]["TooManyRequestsWithQuota"];
            500: components["responses"]["InternalServerErrorWithQuota"];
            503: components["responses"]["ServiceUnavailableWithQuota"];
            default: components["responses"]["OtherError"];
        };
    };
    login: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Credentials"];
            };
        };
        responses: {
            /** @description The token. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AccessToken"];
                };
            };
            400: components["responses"]["BadRequestWithQuota"];
            /** @description No token, a token that does not verify, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {number} */
                        status?: 401;
                        /** @enum {string} */
                        code?: "invalid_credentials";
                    };
                };
            };
            413: components["responses"]["PayloadTooLargeWithQuota"];
            415: components["responses"]["UnsupportedMediaTypeWithQuota"];
            429: components["responses"]["TooManyRequestsWithQuota"];
            500: components["responses"]["InternalServerErrorWithQuota"];
            503: components["responses"]["ServiceUnavailableWithQuota"];
            default: components["responses"]["OtherError"];
        };
    };
    refresh: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["EmptyObject"];
            };
        };
        responses: {
            /** @description The token. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AccessToken"];
                };
            };
            400: components["responses"]["BadRequestWithQuota"];
            /** @description No token, a token that does not verify, or wrong credentials. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {number} */
                        status?: 401;
                        /** @enum {string} */
                        code?: "invalid_refresh_token";
                    };
                };
            };
            413: components["responses"]["PayloadTooLargeWithQuota"];
            415: components["responses"]["UnsupportedMediaTypeWithQuota"];
            429: components["responses"]["TooManyRequestsWithQuota"];
            500: components["responses"]["InternalServerErrorWithQuota"];
            503: components["responses"]["ServiceUnavailableWithQuota"];
            default: components["responses"]["OtherError"];
        };
    };
    logout: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["EmptyObject"];
            };
        };
        responses: {
            /** @description There is no session. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
            default: components["responses"]["OtherError"];
        };
    };
    changePassword: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PasswordChange"];
            };
        };
        responses: {
            /** @description The password was changed. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequestWithQuota"];
            401: components["responses"]["InvalidCredentialsWithQuota"];
            404: components["responses"]["UserNotFoundWithQuota"];
            413: components["responses"]["PayloadTooLargeWithQuota"];
            415: components["responses"]["UnsupportedMediaTypeWithQuota"];
            429: components["responses"]["TooManyRequestsWithQuota"];
            500: components["responses"]["InternalServerErrorWithQuota"];
            503: components["responses"]["ServiceUnavailableWithQuota"];
            default: components["responses"]["OtherError"];
        };
    };
    getKeySet: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The keys. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["KeySet"];
                };
            };
            400: components["responses"]["BadRequestAtGateway"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
            default: components["responses"]["OtherError"];
        };
    };
    listProducts: {
        parameters: {
            query?: {
                /** @description Maximum number of rows to return. */
                limit?: components["parameters"]["Limit"];
                /** @description Number of rows to skip; 0 when absent. To go deeper, or to page without repeating or skipping rows, use cursor. */
                offset?: components["parameters"]["Offset"];
                /** @description meta.nextCursor of the previous page; cannot be combined with offset. */
                cursor?: components["parameters"]["Cursor"];
            };
            header?: {
                /**
                 * @description ETags of answers that the client has, or *.
                 * @example W/"3q2-7w"
                 */
                "if-none-match"?: components["parameters"]["IfNoneMatch"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of products. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProductPage"];
                };
            };
            /** @description The client has the current content. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
            default: components["responses"]["OtherError"];
        };
    };
    createProduct: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewProduct"];
            };
        };
        responses: {
            /** @description The new product. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Product"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
            default: components["responses"]["OtherError"];
        };
    };
    listPrices: {
        parameters: {
            query: {
                /**
                 * @description From 1 to 100 UUIDs, separated by commas.
                 * @example 019ddc4c-8c00-7000-8000-0000000d0001
                 */
                ids: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The products. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProductPrices"];
                };
            };
            400: components["responses"]["BadRequest"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
            default: components["responses"]["OtherError"];
        };
    };
    getProduct: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description ETags of answers that the client has, or *.
                 * @example W/"3q2-7w"
                 */
                "if-none-match"?: components["parameters"]["IfNoneMatch"];
            };
            path: {
                id: components["parameters"]["Id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The product. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Product"];
                };
            };
            /** @description The client has the current content. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            404: components["responses"]["ProductNotFound"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
            default: components["responses"]["OtherError"];
        };
    };
    changeProduct: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: components["parameters"]["Id"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ProductChange"];
            };
        };
        responses: {
            /** @description The changed product. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Product"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["ProductNotFound"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
            default: components["responses"]["OtherError"];
        };
    };
    listOrders: {
        parameters: {
            query?: {
                /** @description Maximum number of rows to return. */
                limit?: components["parameters"]["Limit"];
                /** @description Number of rows to skip; 0 when absent. To go deeper, or to page without repeating or skipping rows, use cursor. */
                offset?: components["parameters"]["Offset"];
                /** @description meta.nextCursor of the previous page; cannot be combined with offset. */
                cursor?: components["parameters"]["Cursor"];
                /** @description Only orders with this status. */
                status?: components["schemas"]["OrderStatus"];
                /** @description Adds the items to each order. */
                include?: components["parameters"]["Include"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of orders. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OrderPage"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
            default: components["responses"]["OtherError"];
        };
    };
    placeOrder: {
        parameters: {
            query?: never;
            header?: {
                /** @description 1 to 255 printable ASCII characters, quoted or not; a new one for each thing that is to be done, such as a random UUID. */
                "idempotency-key"?: components["parameters"]["IdempotencyKey"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewOrder"];
            };
        };
        responses: {
            /** @description The order. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OrderDetails"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            /** @description The caller may not do this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {number} */
                        status?: 403;
                        /** @enum {string} */
                        code?: "insufficient_scope" | "unknown_user" | "upstream_forbidden";
                    };
                };
            };
            404: components["responses"]["ProductNotFound"];
            /** @description Conflicts with the current state. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {number} */
                        status?: 409;
                        /** @enum {string} */
                        code?: "idempotency_in_progress";
                    };
                };
            };
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["IdempotencyKeyReused"];
            500: components["responses"]["InternalServerError"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["UpstreamUnavailable"];
            504: components["responses"]["GatewayTimeout"];
            default: components["responses"]["OtherError"];
        };
    };
    getOrder: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: components["parameters"]["Id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The order. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OrderDetails"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            404: components["responses"]["OrderNotFound"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
            default: components["responses"]["OtherError"];
        };
    };
    cancelOrder: {
        parameters: {
            query?: never;
            header?: {
                /** @description 1 to 255 printable ASCII characters, quoted or not; a new one for each thing that is to be done, such as a random UUID. */
                "idempotency-key"?: components["parameters"]["IdempotencyKey"];
                /**
                 * @description The ETag of the order, or "<version>": the order is only changed if it has this version. A weak ETag is accepted too, because proxies that compress answers weaken it.
                 * @example "3"
                 */
                "if-match"?: components["parameters"]["IfMatch"];
            };
            path: {
                id: components["parameters"]["Id"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Cancellation"];
            };
        };
        responses: {
            /** @description The order after the change. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OrderDetails"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            404: components["responses"]["OrderNotFound"];
            409: components["responses"]["IdempotencyInProgressOrIllegalTransition"];
            412: components["responses"]["VersionMismatch"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["IdempotencyKeyReused"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
            default: components["responses"]["OtherError"];
        };
    };
    getOrderHistory: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: components["parameters"]["Id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The events. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OrderHistory"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            404: components["responses"]["OrderNotFound"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
            default: components["responses"]["OtherError"];
        };
    };
    cancelOrderAsOperator: {
        parameters: {
            query?: never;
            header?: {
                /** @description 1 to 255 printable ASCII characters, quoted or not; a new one for each thing that is to be done, such as a random UUID. */
                "idempotency-key"?: components["parameters"]["IdempotencyKey"];
                /**
                 * @description The ETag of the order, or "<version>": the order is only changed if it has this version. A weak ETag is accepted too, because proxies that compress answers weaken it.
                 * @example "3"
                 */
                "if-match"?: components["parameters"]["IfMatch"];
            };
            path: {
                id: components["parameters"]["Id"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["OperatorsCancellation"];
            };
        };
        responses: {
            /** @description The order after the change. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OrderDetails"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["OrderNotFoundOrRouteNotFound"];
            409: components["responses"]["IdempotencyInProgressOrIllegalTransition"];
            412: components["responses"]["VersionMismatch"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["IdempotencyKeyReused"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
            default: components["responses"]["OtherError"];
        };
    };
    payOrderAsOperator: {
        parameters: {
            query?: never;
            header?: {
                /** @description 1 to 255 printable ASCII characters, quoted or not; a new one for each thing that is to be done, such as a random UUID. */
                "idempotency-key"?: components["parameters"]["IdempotencyKey"];
                /**
                 * @description The ETag of the order, or "<version>": the order is only changed if it has this version. A weak ETag is accepted too, because proxies that compress answers weaken it.
                 * @example "3"
                 */
                "if-match"?: components["parameters"]["IfMatch"];
            };
            path: {
                id: components["parameters"]["Id"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Payment"];
            };
        };
        responses: {
            /** @description The order after the change. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OrderDetails"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["OrderNotFoundOrRouteNotFound"];
            409: components["responses"]["IdempotencyInProgressOrIllegalTransition"];
            412: components["responses"]["VersionMismatch"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["IdempotencyKeyReused"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
            default: components["responses"]["OtherError"];
        };
    };
    shipOrderAsOperator: {
        parameters: {
            query?: never;
            header?: {
                /** @description 1 to 255 printable ASCII characters, quoted or not; a new one for each thing that is to be done, such as a random UUID. */
                "idempotency-key"?: components["parameters"]["IdempotencyKey"];
                /**
                 * @description The ETag of the order, or "<version>": the order is only changed if it has this version. A weak ETag is accepted too, because proxies that compress answers weaken it.
                 * @example "3"
                 */
                "if-match"?: components["parameters"]["IfMatch"];
            };
            path: {
                id: components["parameters"]["Id"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Shipment"];
            };
        };
        responses: {
            /** @description The order after the change. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OrderDetails"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["OrderNotFoundOrRouteNotFound"];
            409: components["responses"]["IdempotencyInProgressOrIllegalTransition"];
            412: components["responses"]["VersionMismatch"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["IdempotencyKeyReused"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
            default: components["responses"]["OtherError"];
        };
    };
    trackOrderAsOperator: {
        parameters: {
            query?: never;
            header?: {
                /** @description 1 to 255 printable ASCII characters, quoted or not; a new one for each thing that is to be done, such as a random UUID. */
                "idempotency-key"?: components["parameters"]["IdempotencyKey"];
                /**
                 * @description The ETag of the order, or "<version>": the order is only changed if it has this version. A weak ETag is accepted too, because proxies that compress answers weaken it.
                 * @example "3"
                 */
                "if-match"?: components["parameters"]["IfMatch"];
            };
            path: {
                id: components["parameters"]["Id"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Shipment"];
            };
        };
        responses: {
            /** @description The order after the change. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OrderDetails"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["OrderNotFoundOrRouteNotFound"];
            409: components["responses"]["IdempotencyInProgressOrIllegalTransition"];
            412: components["responses"]["VersionMismatch"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["IdempotencyKeyReused"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
            default: components["responses"]["OtherError"];
        };
    };
    deliverOrderAsOperator: {
        parameters: {
            query?: never;
            header?: {
                /** @description 1 to 255 printable ASCII characters, quoted or not; a new one for each thing that is to be done, such as a random UUID. */
                "idempotency-key"?: components["parameters"]["IdempotencyKey"];
                /**
                 * @description The ETag of the order, or "<version>": the order is only changed if it has this version. A weak ETag is accepted too, because proxies that compress answers weaken it.
                 * @example "3"
                 */
                "if-match"?: components["parameters"]["IfMatch"];
            };
            path: {
                id: components["parameters"]["Id"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["EmptyObject"];
            };
        };
        responses: {
            /** @description The order after the change. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OrderDetails"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["OrderNotFoundOrRouteNotFound"];
            409: components["responses"]["IdempotencyInProgressOrIllegalTransition"];
            412: components["responses"]["VersionMismatch"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["IdempotencyKeyReused"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
            default: components["responses"]["OtherError"];
        };
    };
    refundOrderAsOperator: {
        parameters: {
            query?: never;
            header?: {
                /** @description 1 to 255 printable ASCII characters, quoted or not; a new one for each thing that is to be done, such as a random UUID. */
                "idempotency-key"?: components["parameters"]["IdempotencyKey"];
                /**
                 * @description The ETag of the order, or "<version>": the order is only changed if it has this version. A weak ETag is accepted too, because proxies that compress answers weaken it.
                 * @example "3"
                 */
                "if-match"?: components["parameters"]["IfMatch"];
            };
            path: {
                id: components["parameters"]["Id"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Refund"];
            };
        };
        responses: {
            /** @description The order after the change. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OrderDetails"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["OrderNotFoundOrRouteNotFound"];
            /** @description Conflicts with the current state. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {number} */
                        status?: 409;
                        /** @enum {string} */
                        code?: "idempotency_in_progress" | "illegal_transition" | "refund_too_large";
                        order?: components["schemas"]["CurrentOrder"];
                    };
                };
            };
            412: components["responses"]["VersionMismatch"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["IdempotencyKeyReused"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
            default: components["responses"]["OtherError"];
        };
    };
    readdressOrderAsOperator: {
        parameters: {
            query?: never;
            header?: {
                /** @description 1 to 255 printable ASCII characters, quoted or not; a new one for each thing that is to be done, such as a random UUID. */
                "idempotency-key"?: components["parameters"]["IdempotencyKey"];
                /**
                 * @description The ETag of the order, or "<version>": the order is only changed if it has this version. A weak ETag is accepted too, because proxies that compress answers weaken it.
                 * @example "3"
                 */
                "if-match"?: components["parameters"]["IfMatch"];
            };
            path: {
                id: components["parameters"]["Id"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AddressChange"];
            };
        };
        responses: {
            /** @description The order after the change. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OrderDetails"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["OrderNotFoundOrRouteNotFound"];
            409: components["responses"]["IdempotencyInProgressOrIllegalTransition"];
            412: components["responses"]["VersionMismatch"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["IdempotencyKeyReused"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
            default: components["responses"]["OtherError"];
        };
    };
    noteOrderAsOperator: {
        parameters: {
            query?: never;
            header?: {
                /** @description 1 to 255 printable ASCII characters, quoted or not; a new one for each thing that is to be done, such as a random UUID. */
                "idempotency-key"?: components["parameters"]["IdempotencyKey"];
                /**
                 * @description The ETag of the order, or "<version>": the order is only changed if it has this version. A weak ETag is accepted too, because proxies that compress answers weaken it.
                 * @example "3"
                 */
                "if-match"?: components["parameters"]["IfMatch"];
            };
            path: {
                id: components["parameters"]["Id"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Note"];
            };
        };
        responses: {
            /** @description The order after the change. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OrderDetails"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["OrderNotFoundOrRouteNotFound"];
            /** @description Conflicts with the current state. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {number} */
                        status?: 409;
                        /** @enum {string} */
                        code?: "idempotency_in_progress";
                        order?: components["schemas"]["CurrentOrder"];
                    };
                };
            };
            412: components["responses"]["VersionMismatch"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["IdempotencyKeyReused"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
            default: components["responses"]["OtherError"];
        };
    };
    revertOrderAsOperator: {
        parameters: {
            query?: never;
            header?: {
                /** @description 1 to 255 printable ASCII characters, quoted or not; a new one for each thing that is to be done, such as a random UUID. */
                "idempotency-key"?: components["parameters"]["IdempotencyKey"];
                /**
                 * @description The ETag of the order, or "<version>": the order is only changed if it has this version. A weak ETag is accepted too, because proxies that compress answers weaken it.
                 * @example "3"
                 */
                "if-match"?: components["parameters"]["IfMatch"];
            };
            path: {
                id: components["parameters"]["Id"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Reversal"];
            };
        };
        responses: {
            /** @description The order after the change. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OrderDetails"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["OrderNotFoundOrRouteNotFound"];
            409: components["responses"]["IdempotencyInProgressOrIllegalTransition"];
            412: components["responses"]["VersionMismatch"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["IdempotencyKeyReused"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
            default: components["responses"]["OtherError"];
        };
    };
    getOrderHistoryAsOperator: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: components["parameters"]["Id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The events. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OperatorsOrderHistory"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["OrderNotFoundOrRouteNotFound"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
            default: components["responses"]["OtherError"];
        };
    };
    streamOrders: {
        parameters: {
            query?: {
                /**
                 * @description The same as Last-Event-ID. Without both, the stream begins with the next event.
                 * @example 5f3a9c1e.1024
                 */
                after?: string;
            };
            header?: {
                /**
                 * @description The last id received: the stream goes on after it. Takes precedence over after.
                 * @example 5f3a9c1e.1024
                 */
                "last-event-id"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The stream. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": string;
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            /** @description Conflicts with the current state. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {number} */
                        status?: 409;
                        /** @enum {string} */
                        code?: "cursor_ahead" | "cursor_of_another_epoch";
                    };
                };
            };
            /** @description No longer available. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {number} */
                        status?: 410;
                        /** @enum {string} */
                        code?: "cursor_expired";
                    };
                };
            };
            /** @description Too many requests of this kind. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {number} */
                        status?: 429;
                        /** @enum {string} */
                        code?: "too_many_streams";
                    };
                };
            };
            500: components["responses"]["InternalServerError"];
            /** @description Temporarily unavailable. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {number} */
                        status?: 503;
                        /** @enum {string} */
                        code?: "database_unavailable" | "feed_unavailable" | "issuer_unavailable" | "not_ready" | "overloaded" | "streams_busy";
                    };
                };
            };
            default: components["responses"]["OtherError"];
        };
    };
    eraseOrders: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewErasure"];
            };
        };
        responses: {
            /** @description All is erased, or there was nothing to erase. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Erasure"];
                };
            };
            /** @description Some orders are erased later; follow Location. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Erasure"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
            default: components["responses"]["OtherError"];
        };
    };
    getErasure: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                userId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The erasure. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Erasure"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            /** @description Not found, or not visible to the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {number} */
                        status?: 404;
                        /** @enum {string} */
                        code?: "erasure_not_found" | "route_not_found";
                    };
                };
            };
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
            default: components["responses"]["OtherError"];
        };
    };
    downloadExport: {
        parameters: {
            query: {
                /** @description From the address that was returned. */
                token: components["parameters"]["Token"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The orders with their items, newest first, as NDJSON (one order per line) or CSV (one row per item, after a header; docs/api.md lists the columns). The body is sent in chunks while it is read: if the connection ends without the last chunk, the export is incomplete. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/x-ndjson": components["schemas"]["OrderDetails"];
                    "text/csv": string;
                };
            };
            400: components["responses"]["BadRequest"];
            /** @description Not found, or not visible to the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {number} */
                        status?: 404;
                        /** @enum {string} */
                        code?: "export_not_found";
                    };
                };
            };
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ExportsBusy"];
            default: components["responses"]["OtherError"];
        };
    };
    exportOrders: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The orders with their items, newest first, as NDJSON (one order per line) or CSV (one row per item, after a header; docs/api.md lists the columns). The body is sent in chunks while it is read: if the connection ends without the last chunk, the export is incomplete. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/x-ndjson": components["schemas"]["OrderDetails"];
                    "text/csv": string;
                };
            };
            400: components["responses"]["BadRequestAtGateway"];
            401: components["responses"]["Unauthorized"];
            /** @description Accept allows none of the types that can be sent. */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {number} */
                        status?: 406;
                        /** @enum {string} */
                        code?: "not_acceptable";
                    };
                };
            };
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ExportsBusy"];
            default: components["responses"]["OtherError"];
        };
    };
    createExportLink: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewExportLink"];
            };
        };
        responses: {
            /** @description The address of the export. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ExportLink"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
            default: components["responses"]["OtherError"];
        };
    };
    downloadExportAsOperator: {
        parameters: {
            query: {
                /** @description From the address that was returned. */
                token: components["parameters"]["Token"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The orders with their items, newest first, as NDJSON (one order per line) or CSV (one row per item, after a header; docs/api.md lists the columns). The body is sent in chunks while it is read: if the connection ends without the last chunk, the export is incomplete. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/x-ndjson": components["schemas"]["OrderDetails"];
                    "text/csv": string;
                };
            };
            400: components["responses"]["BadRequest"];
            /** @description Not found, or not visible to the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {number} */
                        status?: 404;
                        /** @enum {string} */
                        code?: "export_not_found" | "route_not_found";
                    };
                };
            };
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ExportsBusy"];
            default: components["responses"]["OtherError"];
        };
    };
    createExportLinkAsOperator: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewOperatorsExportLink"];
            };
        };
        responses: {
            /** @description The address of the export. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ExportLink"];
                };
            };
            400: components["responses"]["UnsupportedFilters"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
            default: components["responses"]["OtherError"];
        };
    };
    listCurrencies: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description All currencies. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Currencies"];
                };
            };
            400: components["responses"]["BadRequestAtGateway"];
            default: components["responses"]["OtherError"];
        };
    };
    listOrdersAsOperator: {
        parameters: {
            query?: {
                /** @description Maximum number of rows to return. */
                limit?: components["parameters"]["Limit"];
                /** @description meta.nextCursor of the previous page, with the same filters. */
                cursor?: string;
                /** @description One or several of pending, paid, shipped, delivered, cancelled, refunded, separated by commas. */
                status?: string;
                /** @description Who placed the order. */
                userId?: string;
                /**
                 * @description The customer's whole email, in any capitalisation. A + in a query is written %2B.
                 * @example alice@example.com
                 */
                email?: string;
                /** @description The product of any item. */
                productId?: string;
                /**
                 * @description The whole tracking number.
                 * @example PP123456789
                 */
                trackingNumber?: string;
                /** @description Only orders placed at this time or later. A + in a query is written %2B. */
                createdFrom?: string;
                /** @description Only orders placed before this time. A + in a query is written %2B. */
                createdTo?: string;
                /** @description The number of an order, or at least its first four characters, in any case. Several orders can match. */
                number?: string;
                /** @description The whole id of an order. */
                id?: string;
                /** @description Only orders that were paid after they were cancelled, and are not refunded in full. */
                latePayment?: "true";
                /** @description Adds meta.count: how many orders match, counted up to this number. There is no count of all orders, because counting a million takes too long. */
                countUpTo?: number;
                /** @description Adds the items to each order. */
                include?: components["parameters"]["Include"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of orders. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OperatorsOrderPage"];
                };
            };
            400: components["responses"]["UnsupportedFilters"];
            401: components["responses"]["Unauthorized"];
            /** @description The caller may not do this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {number} */
                        status?: 403;
                        /** @enum {string} */
                        code?: "insufficient_scope" | "role_required" | "upstream_forbidden";
                    };
                };
            };
            500: components["responses"]["InternalServerError"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["UpstreamUnavailable"];
            504: components["responses"]["GatewayTimeout"];
            default: components["responses"]["OtherError"];
        };
    };
    getOrderAsOperator: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: components["parameters"]["Id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The order. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OperatorsOrderDetails"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["OrderNotFoundOrRouteNotFound"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
            default: components["responses"]["OtherError"];
        };
    };
    getStats: {
        parameters: {
            query: {
                /**
                 * @description The first day.
                 * @example 2026-03-01
                 */
                from: string;
                /**
                 * @description The last day, which is included; at most 92 days in all.
                 * @example 2026-03-31
                 */
                to: string;
                /** @description The IANA time zone in which days begin and end. */
                tz?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Every day of the range, the first one first. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Stats"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
            default: components["responses"]["OtherError"];
        };
    };
    listEvents: {
        parameters: {
            query?: {
                /** @description The meta.next of the last answer: events after it. `latest`: only events from now on. When absent, from the first event that is kept. */
                after?: string;
                /**
                 * @description Only events of these types, separated by commas.
                 * @example placed,paid
                 */
                types?: string;
                /** @description Maximum number of events; large ones make a page end sooner. */
                limit?: number;
                /** @description How long to wait for an event if there is none, in seconds. */
                wait?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Events as CloudEvents 1.0. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EventPage"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            /** @description Conflicts with the current state. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {number} */
                        status?: 409;
                        /** @enum {string} */
                        code?: "cursor_ahead" | "cursor_of_another_epoch";
                        /**
                         * @description From here come all events that are kept.
                         * @example 4f8a1c2e.1042
                         */
                        first?: string;
                        /**
                         * @description From here come only events from now on.
                         * @example 4f8a1c2e.1042
                         */
                        latest?: string;
                    };
                };
            };
            /** @description No longer available. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {number} */
                        status?: 410;
                        /** @enum {string} */
                        code?: "cursor_expired";
                        /**
                         * @description From here come all events that are kept.
                         * @example 4f8a1c2e.1042
                         */
                        first?: string;
                        /**
                         * @description From here come only events from now on.
                         * @example 4f8a1c2e.1042
                         */
                        latest?: string;
                    };
                };
            };
            500: components["responses"]["InternalServerError"];
            /** @description Temporarily unavailable. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {number} */
                        status?: 503;
                        /** @enum {string} */
                        code?: "database_unavailable" | "feed_unavailable" | "issuer_unavailable" | "overloaded";
                    };
                };
            };
            default: components["responses"]["OtherError"];
        };
    };
    listWebhooks: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The webhooks. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookList"];
                };
            };
            400: components["responses"]["BadRequestAtGateway"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
            default: components["responses"]["OtherError"];
        };
    };
    createWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewWebhook"];
            };
        };
        responses: {
            /** @description The new webhook, with its secret. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookWithSecret"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            /** @description Conflicts with the current state. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {number} */
                        status?: 409;
                        /** @enum {string} */
                        code?: "too_many_webhooks";
                    };
                };
            };
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["WebhooksNotConfigured"];
            default: components["responses"]["OtherError"];
        };
    };
    getWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: components["parameters"]["Id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The webhook. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Webhook"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["RouteNotFoundOrWebhookNotFound"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
            default: components["responses"]["OtherError"];
        };
    };
    deleteWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: components["parameters"]["Id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is removed. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["RouteNotFoundOrWebhookNotFound"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
            default: components["responses"]["OtherError"];
        };
    };
    changeWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: components["parameters"]["Id"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["WebhookChange"];
            };
        };
        responses: {
            /** @description The changed webhook. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Webhook"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["RouteNotFoundOrWebhookNotFound"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
            default: components["responses"]["OtherError"];
        };
    };
    rotateWebhookSecret: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: components["parameters"]["Id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The webhook, with its new secret. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookWithSecret"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["RouteNotFoundOrWebhookNotFound"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["WebhooksNotConfigured"];
            default: components["responses"]["OtherError"];
        };
    };
    pingWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: components["parameters"]["Id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What came of the attempt. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PingResult"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["RouteNotFoundOrWebhookNotFound"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["WebhooksNotConfigured"];
            default: components["responses"]["OtherError"];
        };
    };
    listDeliveries: {
        parameters: {
            query?: {
                /** @description Maximum number of rows to return. */
                limit?: components["parameters"]["Limit"];
                /** @description meta.nextCursor of the previous page. */
                cursor?: string;
                /** @description parked: the last attempt has failed, and it is sent again only on request. */
                state?: components["schemas"]["DeliveryState"];
            };
            header?: never;
            path: {
                id: components["parameters"]["Id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of deliveries. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeliveryPage"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["RouteNotFoundOrWebhookNotFound"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
            default: components["responses"]["OtherError"];
        };
    };
    redeliver: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: components["parameters"]["Id"];
                eventId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is sent within seconds. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Delivery"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            /** @description Not found, or not visible to the caller. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {number} */
                        status?: 404;
                        /** @enum {string} */
                        code?: "delivery_not_found" | "route_not_found" | "webhook_not_found";
                    };
                };
            };
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
            default: components["responses"]["OtherError"];
        };
    };
    redeliverPeriod: {
        parameters: {
            query: {
                /**
                 * @description Events that came into the feed at this time or later. A + in a query is written %2B.
                 * @example 2026-03-01T09:30:00Z
                 */
                from: string;
                /**
                 * @description Only events that came into the feed before this time; until now when absent.
                 * @example 2026-03-01T09:30:00Z
                 */
                to?: string;
            };
            header?: never;
            path: {
                id: components["parameters"]["Id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description They are sent soon. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Redelivery"];
                };
            };
            /** @description The request is malformed or does not fit the contract. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"] & {
                        /** @enum {number} */
                        status?: 400;
                        /** @enum {string} */
                        code?: "bad_request" | "invalid_encoding" | "too_many_events" | "validation_failed";
                    };
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["RouteNotFoundOrWebhookNotFound"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
            default: components["responses"]["OtherError"];
        };
    };
}
