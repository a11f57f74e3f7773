// Package rongcloudredis shares state between processes through Redis: the quotas of an App Key,
// which all its processes use together, and the signatures of callbacks that have been handled.
//
//	db := redis.NewClient(&redis.Options{Addr: "localhost:6379"})
//	config := rongcloudredis.LimiterConfig{AppKey: appKey, LocalShare: 0.25}
//	limiter, err := rongcloudredis.NewLimiter(db, config)
//	client, err := rongcloud.New(appKey, appSecret, rongcloud.WithLimiter(limiter))
//	store := rongcloudredis.NewNonceStore(db, "rongcloud:nonce:")
//	handler, err := webhook.NewHandler(appSecret, webhook.WithNonceStore(store))
//
// It is a separate module, so that programs that do not use Redis do not depend on its client.
package rongcloudredis
